// Columns of an answer may have equal names; where each needs one of its own, every further one gets a number: `value`, `value_2`.

/** In the order of the columns. */
export function distinctNames(columns: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return columns.map((column) => {
    let name = column;
    for (let n = 2; taken.has(name); n++) name = `${column}_${n}`;
    taken.add(name);
    return name;
  });
}
