// Compresses files by brotli at its best: reads pairs [source, target] as JSON from standard input. A target is there
// only once it is whole.

import { readFile, rename, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const compress = promisify(brotliCompress);

/** @param {[string, string]} pair */
async function compressTo([source, target]) {
  const content = await readFile(source);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    // The widest that browsers take of a server (RFC 7932, section 9.1).
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  await writeFile(`${target}.part`, await compress(content, { params }));
  await rename(`${target}.part`, target);
}

await Promise.all(JSON.parse(await text(process.stdin)).map(compressTo));
