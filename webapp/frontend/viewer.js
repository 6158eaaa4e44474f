// A dossier's diagram with its present position: <div data-viewer><div class="diagram-canvas"></div></div> and
// <script type="application/json" id="viewer-data">{"xml": …, "positions": {id: "active"|"waiting"|"done"|"failed"}, "labels": {…}}.
import './diagram.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import spiffModdle from './spiff-moddle.json';
import { pageData } from './pagedata.js';
import { touchNavigation } from './touch.js';

const root = document.querySelector('[data-viewer]');
const data = pageData('viewer-data');
const viewer = new NavigatedViewer({
  container: root.querySelector('.diagram-canvas'),
  moddleExtensions: { spiffworkflow: spiffModdle },
});
await viewer.importXML(data.xml);

const canvas = viewer.get('canvas');
const overlays = viewer.get('overlays');
const elements = viewer.get('elementRegistry');
touchNavigation(viewer);
canvas.zoom('fit-viewport', 'auto');
for (const [id, state] of Object.entries(data.positions ?? {})) {
  if (!elements.get(id)) continue;
  canvas.addMarker(id, `is-${state}`);
  const label = data.labels?.[state];
  if (state === 'done' || !label) continue;
  const badge = document.createElement('div'); // a node, never an HTML string: safe under the policy and from names
  badge.className = state === 'failed' ? 'diagram-badge is-error' : 'diagram-badge';
  badge.textContent = label;
  overlays.add(id, { position: { bottom: 0, left: 0 }, html: badge });
}
showActive();
for (const button of root.querySelectorAll('[data-zoom]')) {
  button.addEventListener('click', () => {
    const step = button.dataset.zoom;
    canvas.zoom(step === 'fit' ? 'fit-viewport' : Math.min(4, Math.max(0.2, canvas.zoom() * Number(step))), 'auto');
  });
}
root.dataset.ready = '1';

// A long diagram fitted into the frame cannot be read: then it opens where the dossier stands.
function showActive() {
  const here = Object.keys(data.positions ?? {}).find((id) => data.positions[id] === 'active' && elements.get(id))
    ?? Object.keys(data.positions ?? {}).find((id) => data.positions[id] === 'waiting' && elements.get(id));
  if (!here || canvas.zoom() > 0.7) return;
  canvas.zoom(0.9);
  const shape = elements.get(here);
  const view = canvas.viewbox();
  canvas.viewbox({
    x: shape.x + shape.width / 2 - view.width / 2,
    y: shape.y + shape.height / 2 - view.height / 2,
    width: view.width,
    height: view.height,
  });
}
