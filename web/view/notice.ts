let timer = 0;

/** One short line at the foot of the page, read out by screen readers. */
export const notify = (text: string): void => {
  const notice = document.getElementById('notice');
  if (notice === null) return;
  notice.textContent = text;
  notice.classList.add('shown');
  clearTimeout(timer);
  timer = window.setTimeout(() => notice.classList.remove('shown'), 5_000);
};
