/** Every page of a table begins with the names of its columns; a file says them once. */
export const bodyOf = (csv: string): string => {
  const end = csv.indexOf('\n');
  return end < 0 ? '' : csv.slice(end + 1);
};
