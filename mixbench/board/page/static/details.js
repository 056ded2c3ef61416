// What comes with a row when it is opened: its records with their curves, and its comparisons.
async function detailsOf(row) {
  await load(`rows/${row.details}.js`);
  const details = MIXBENCH_ROWS[row.details];
  for (const record of details.records) {
    if (!(record.curves instanceof Map)) record.curves = new Map(record.curves.map(([name, ...curve]) => [name, curve]));
  }
  return details;
}

// The comparison first - second by measure; the later row of the two has it. None where the test cannot be made.
async function pairsOf(first, second) {
  const turned = first.place < second.place;
  const [later, earlier] = turned ? [second, first] : [first, second];
  const pairs = (await detailsOf(later)).pairs[earlier.place] ?? {};
  return new Map(Object.entries(pairs).map(([name, pair]) => [name, turned ? turn(pair) : pair]));
}

function turn([difference, low, high, p, seeds, verdict, more]) {
  const negative = (value) => (value === null ? null : -value);
  return [-difference, negative(high), negative(low), p, seeds, { better: "worse", worse: "better" }[verdict] ?? verdict, more];
}
