// A version's diagram, hot where many wait: <div data-heat><div class="diagram-canvas"></div></div> and
// <script type="application/json" id="heat-data">{"xml": …, "heat": {id: {"waiting": 3, "late": 1, "failed": 0, "label": …}}}.
import './console.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import spiffModdle from './spiff-moddle.json';
import { pageData } from './pagedata.js';
import { touchNavigation } from './touch.js';

const root = document.querySelector('[data-heat]');
const data = pageData('heat-data');
const viewer = new NavigatedViewer({
  container: root.querySelector('.diagram-canvas'),
  moddleExtensions: { spiffworkflow: spiffModdle },
});
await viewer.importXML(data.xml);

const canvas = viewer.get('canvas');
const overlays = viewer.get('overlays');
const elements = viewer.get('elementRegistry');
const places = Object.entries(data.heat).filter(([id]) => elements.get(id));
const most = Math.max(1, ...places.map(([, place]) => place.waiting));
touchNavigation(viewer);
for (const [id, place] of places) {
  if (place.waiting) canvas.addMarker(id, `is-heat-${Math.ceil((4 * place.waiting) / most)}`);
  if (place.late) canvas.addMarker(id, 'is-late');
  if (place.failed) canvas.addMarker(id, 'is-broken');
  const badge = document.createElement('div'); // a node, never an HTML string
  badge.className = place.late || place.failed ? 'heat-badge is-bad' : 'heat-badge';
  badge.textContent = place.failed ? `${place.waiting} !` : String(place.waiting);
  badge.title = place.label;
  overlays.add(id, { position: { top: -16, right: 8 }, scale: { min: 1, max: 1.2 }, html: badge });
}
canvas.zoom('fit-viewport', 'auto');
showFullest();
for (const button of root.querySelectorAll('[data-zoom]')) {
  button.addEventListener('click', () => {
    const step = button.dataset.zoom;
    canvas.zoom(step === 'fit' ? 'fit-viewport' : Math.min(4, Math.max(0.2, canvas.zoom() * Number(step))), 'auto');
  });
}
root.dataset.ready = '1';

// A long diagram fitted into a phone's frame cannot be read: then it opens where most wait.
function showFullest() {
  if (!places.length || root.clientWidth > 600) return;
  const [id] = places.reduce((a, b) => (b[1].waiting > a[1].waiting ? b : a));
  canvas.zoom(0.8);
  const shape = elements.get(id);
  const view = canvas.viewbox();
  canvas.viewbox({
    x: shape.x + shape.width / 2 - view.width / 2,
    y: shape.y + shape.height / 2 - view.height / 2,
    width: view.width,
    height: view.height,
  });
}
