// Unpacks the headless Chromium of @sparticuz/chromium, with the libraries it brings, into the folder given.
// x86-64 Linux only; needs no root and nothing of the system but glibc.
import { chmodSync, createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const target = process.argv[2];
const require = createRequire(import.meta.url);
const bin = join(dirname(require.resolve("@sparticuz/chromium")), "..", "bin");
const { extract } = require("tar-fs");

mkdirSync(target, { recursive: true });
const unpack = (name, sink) => pipeline(createReadStream(join(bin, name)), createBrotliDecompress(), sink);

await Promise.all([
  unpack("chromium.br", createWriteStream(join(target, "chromium"), { mode: 0o755 })),
  unpack("al2023.tar.br", extract(target)), // NSS, expat: into lib/
  unpack("swiftshader.tar.br", extract(target)),
]);
chmodSync(join(target, "chromium"), 0o755);
