/** Walking a grid by arrow keys: where a key leads from `at` in `count` cells, `columns` a row; null: not ours. Pure. */
export function gridStep(key, at, count, columns) {
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns, ArrowDown: at + columns, Home: 0, End: count - 1 }[key];
  if (to === undefined) return null;
  return to < 0 || to >= count ? at : to;
}
