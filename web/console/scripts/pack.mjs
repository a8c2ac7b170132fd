// Packs what vite has built into dist: the binary embeds every file compressed, and only so.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const build = fileURLToPath(new URL('../build', import.meta.url));
const dist = fileURLToPath(new URL('../dist', import.meta.url));

for (const name of readdirSync(dist)) {
  if (name !== 'placeholder.txt') rmSync(join(dist, name), { recursive: true });
}
let plain = 0;
let packed = 0;
for (const entry of readdirSync(build, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  const body = readFileSync(path);
  const small = gzipSync(body, { level: 9 });
  const target = `${join(dist, relative(build, path))}.gz`;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, small);
  plain += body.length;
  packed += small.length;
}
rmSync(build, { recursive: true });
const megabytes = (n) => `${(n / 1e6).toFixed(2)} MB`;
console.log(`packed ${megabytes(plain)} into ${megabytes(packed)}`);
