/* What the panel is measured against, on the rows of the same list, each in the form in which it is fastest. */

const { Papa, crossfilter } = globalThis;
const PUBLIC = "PUBLIC";
/** As the panel's boxes: guide star and reference products have controls of their own. */
const boxed = (row) => !row.filename.includes("_gs-") && row.type !== "reference" && row.category !== "REFERENCE";
const taken = (began) => performance.now() - began;

let text = "";
let rows = [];
let products = [];
let joined = "";
let cells = [];
/** Numbers of levels and file categories, in the order of the list. */
const levels = new Map();
const facets = new Map();
const numbered = (map, key) => {
  if (!map.has(key)) map.set(key, map.size);
  return map.get(key);
};

/** One parse of the whole text: the milliseconds. The first one's rows are kept for the others. */
function parsed() {
  const began = performance.now();
  const { products: found } = JSON.parse(text);
  const time = taken(began);
  if (rows.length === 0) rows = found;
  return time;
}

function prepare() {
  const seen = new Set();
  for (const row of rows) {
    if (seen.has(row.filename)) continue;
    seen.add(row.filename);
    const inside = boxed(row);
    products.push({
      size: row.size,
      open: row.access === PUBLIC,
      level: inside ? numbered(levels, row.category) : -1,
      facet: inside ? numbered(facets, `${row.category} ${row.file_suffix}`) : -1,
    });
  }
  joined = rows.map(({ filename }) => filename).join("\n");
  cells = rows.map((row) => [row.dataset, row.filename, row.category, row.file_suffix, row.instrument_name, row.filters]);
  text = "";
  rows = [];
}

/** A plain loop over objects: what is selected, and what each box comes to. */
function looped(on) {
  const ticked = [...levels.keys()].map((level) => on.includes(level));
  const began = performance.now();
  const counts = new Float64Array(facets.size), volumes = new Float64Array(facets.size);
  let files = 0, bytes = 0;
  for (const { size, open, level, facet } of products) {
    if (facet < 0) continue;
    counts[facet] += 1;
    volumes[facet] += size;
    if (open && ticked[level]) {
      files += 1;
      bytes += size;
    }
  }
  return { ms: taken(began), files, bytes, boxes: counts.length };
}

let crossed = null;

function crossfiltered(on) {
  if (crossed === null) {
    const index = crossfilter(products.filter(({ facet }) => facet >= 0));
    const access = index.dimension(({ open }) => open);
    access.filterExact(true);
    const of = [...levels.keys()];
    crossed = {
      of,
      byLevel: index.dimension(({ level }) => level),
      count: index.groupAll().reduceCount(),
      volume: index.groupAll().reduceSum(({ size }) => size),
      byFacet: index.dimension(({ facet }) => facet),
    };
    crossed.counts = crossed.byFacet.group().reduceCount();
    crossed.volumes = crossed.byFacet.group().reduceSum(({ size }) => size);
  }
  const { of, byLevel, count, volume, counts, volumes } = crossed;
  const wanted = new Set(on.map((level) => of.indexOf(level)));
  const began = performance.now();
  byLevel.filterFunction((level) => wanted.has(level));
  const [files, bytes, boxes] = [count.value(), volume.value(), counts.all().length];
  volumes.all();
  return { ms: taken(began), files, bytes, boxes };
}

/** One pattern over the joined names; only how many there are. */
function scanned(pattern) {
  const expression = new RegExp(pattern, "gm");
  const began = performance.now();
  let found = 0;
  while (expression.test(joined)) found += 1;
  return { ms: taken(began), found };
}

function unparsed() {
  const fields = ["Dataset", "Filename", "Product Level", "Suffix", "Instrument", "Filter / Grating"];
  const began = performance.now();
  const { length } = Papa.unparse({ fields, data: cells });
  return { ms: taken(began), length };
}

async function load(url) {
  text = await (await fetch(url)).text();
  return text.length;
}

globalThis.peers = { load, parsed, prepare, looped, crossfiltered, scanned, unparsed };
document.title = "ready";
