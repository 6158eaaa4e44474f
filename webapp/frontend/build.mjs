// Bundles what the browser gets. Called by hatch_build.py with the folder to write to; DEV=1 keeps it readable.
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const out = path.resolve(process.argv[2] ?? path.join(root, 'webapp/static/dist'));
const dev = process.env.DEV === '1';

fs.rmSync(out, { recursive: true, force: true });
const result = await esbuild.build({
  absWorkingDir: here,
  entryPoints: ['app.js', 'viewer.js', 'console.js', 'migration.js', 'modeler.js', 'dmn.js'],
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022'],
  minify: !dev,
  sourcemap: dev ? 'linked' : false,
  legalComments: 'none', // the licences are in THIRD-PARTY-NOTICES
  metafile: true,
  // Fonts and pictures stay files: the content security policy allows no data: fonts.
  loader: { '.woff2': 'file', '.woff': 'empty', '.ttf': 'empty', '.eot': 'empty', '.svg': 'file' },
  assetNames: 'assets/[name]-[hash]',
  chunkNames: 'chunks/[name]-[hash]',
  entryNames: '[name]',
  logLevel: 'warning',
});
fs.writeFileSync(path.join(out, 'THIRD-PARTY-NOTICES'), notices(Object.keys(result.metafile.inputs)));

function notices(inputs) {
  const names = new Set(['@fontsource/tinos']); // merged into the paper fonts, not bundled here
  for (const input of inputs) {
    const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) names.add(found[1]);
  }
  return [...names].sort().map(notice).join('\n');
}

function notice(name) {
  const folder = path.join(root, 'node_modules', name);
  const { version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = fs.readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
  const text = file ? fs.readFileSync(path.join(folder, file), 'utf8') : '';
  return `==== ${name} ${version} (${typeof license === 'string' ? license : JSON.stringify(license)})\n\n${text}`;
}
