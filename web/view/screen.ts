export interface Screen {
  readonly element: HTMLElement;
  readonly title: string;
  /** Called at most once per frame, when something changed. */
  render(): void;
  dispose(): void;
}
