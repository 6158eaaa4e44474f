// Two versions of a process side by side; a click on an old step, then on a new one, fills that step's <select>.
// <div data-migration><div data-pair="0"><div class="diagram-canvas" data-side="old">… and
// <script type="application/json" id="migration-data">{"diagrams", "marks", "names", "standing", "labels", "texts"}.
import './diagram.css';
import './migration.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import spiffModdle from './spiff-moddle.json';
import { pageData } from './pagedata.js';
import { touchNavigation } from './touch.js';

const root = document.querySelector('[data-migration]');
const data = pageData('migration-data');
const told = root.querySelector('[data-told]');
const selects = new Map([...root.querySelectorAll('select[data-old]')].map((each) => [each.dataset.old, each]));
const drawings = { old: [], new: [] };
let chosen = null;

for (const pair of root.querySelectorAll('[data-pair]')) {
  for (const side of ['old', 'new']) await draw(pair, side, data.diagrams[Number(pair.dataset.pair)][side]);
}
for (const [id, select] of selects) {
  select.addEventListener('change', () => {
    chosen = id;
    showMapping();
    if (select.value) say('chosen', select.selectedOptions[0].text);
    else say('choose');
  });
  select.addEventListener('focus', () => choose(id, true));
}
showMapping();
root.dataset.ready = '1';

async function draw(pair, side, xml) {
  const container = pair.querySelector(`[data-side="${side}"] .diagram-canvas`);
  if (!xml || !container) return;
  const viewer = new NavigatedViewer({ container, moddleExtensions: { spiffworkflow: spiffModdle } });
  await viewer.importXML(xml);
  drawings[side].push(viewer);
  touchNavigation(viewer);
  viewer.get('canvas').zoom('fit-viewport', 'auto');
  mark(viewer, side);
  viewer.get('eventBus').on('element.click', ({ element }) => clicked(side, element.labelTarget ?? element));
  for (const button of pair.querySelectorAll(`[data-side="${side}"] [data-zoom]`)) {
    button.addEventListener('click', () => zoom(viewer.get('canvas'), button.dataset.zoom));
  }
  showChanges(viewer, side);
}

function zoom(canvas, step) {
  canvas.zoom(step === 'fit' ? 'fit-viewport' : Math.min(4, Math.max(0.2, canvas.zoom() * Number(step))), 'auto');
}

function mark(viewer, side) {
  for (const [id, kind] of Object.entries(data.marks[side])) {
    if (!viewer.get('elementRegistry').get(id)) continue;
    viewer.get('canvas').addMarker(id, `is-${kind}`);
    badge(viewer, id, data.labels[kind], { bottom: 0, left: 0 }, `is-${kind}`);
  }
  if (side !== 'old') return;
  for (const [id, count] of Object.entries(data.standing)) badge(viewer, id, count, { top: -10, right: 14 }, 'is-count');
}

// A node, never an HTML string: safe under the policy and from names.
function badge(viewer, id, text, position, kind) {
  if (!viewer.get('elementRegistry').get(id)) return;
  const node = document.createElement('div');
  node.className = `diagram-badge ${kind}`;
  node.textContent = text;
  viewer.get('overlays').add(id, kind === 'is-pair' ? 'pair' : 'mark', { position, html: node });
}

// A long diagram fitted into half a page cannot be read: then it opens where something changed.
function showChanges(viewer, side) {
  const steps = Object.keys(data.marks[side]).filter((id) => viewer.get('elementRegistry').get(id));
  const here = steps.find((id) => selects.has(id)) ?? steps.find((id) => data.marks[side][id] === 'added') ?? steps[0];
  if (here && viewer.get('canvas').zoom() < 0.6) centre(viewer, here);
}

function centre(viewer, id) {
  const canvas = viewer.get('canvas');
  if (canvas.zoom() < 0.6) canvas.zoom(0.8);
  const shape = viewer.get('elementRegistry').get(id);
  const view = canvas.viewbox();
  canvas.viewbox({ x: shape.x + shape.width / 2 - view.width / 2, y: shape.y + shape.height / 2 - view.height / 2, width: view.width, height: view.height });
}

function clicked(side, element) {
  if (element.type === 'bpmn:Process' || element.type === 'bpmn:Participant' || element.type === 'bpmn:Lane' || element.waypoints) return;
  if (side === 'old') {
    if (selects.has(element.id)) choose(element.id, false);
    else say('kept');
    return;
  }
  if (!chosen) return say('first');
  const select = selects.get(chosen);
  if (![...select.options].some((option) => option.value === element.id)) return say('unfit');
  select.value = element.id;
  select.dispatchEvent(new Event('change', { bubbles: true }));
}

function choose(id, show) {
  chosen = id;
  for (const viewer of drawings.old) {
    for (const other of selects.keys()) {
      if (viewer.get('elementRegistry').get(other)) viewer.get('canvas').removeMarker(other, 'is-chosen');
    }
    if (!viewer.get('elementRegistry').get(id)) continue;
    viewer.get('canvas').addMarker(id, 'is-chosen');
    if (show) centre(viewer, id);
  }
  say('choose');
}

// The same number on the old step and on the one that takes its place.
function showMapping() {
  for (const viewer of [...drawings.old, ...drawings.new]) viewer.get('overlays').remove({ type: 'pair' });
  let number = 0;
  for (const [id, select] of selects) {
    if (!select.value) continue;
    number += 1;
    for (const viewer of drawings.old) badge(viewer, id, number, { top: -10, left: -10 }, 'is-pair');
    for (const viewer of drawings.new) badge(viewer, select.value, number, { top: -10, left: -10 }, 'is-pair');
  }
}

function say(text, name = '') {
  told.textContent = data.texts[text].replace('{old}', data.names[chosen] ?? '').replace('{new}', name);
}
