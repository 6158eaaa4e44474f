// The diagram editor: <div data-modeler> with .diagram-canvas, .modeler-properties, [data-save], [data-check],
// [data-status], [data-findings]; data in <script type="application/json" id="modeler-data">:
// {xml, saveUrl, lintUrl, csrf, language, readonly, choices: {forms, decisions, processes, services, roles},
//  texts: {saving, saved, unsaved, failed, clean, checking}, findings: [{level, file, element_id, message, advice}]}.
import './modeler.css';
import Modeler from 'bpmn-js/lib/Modeler';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule } from 'bpmn-js-properties-panel';
import spiffModdle from './spiff-moddle.json';
import SpiffProviderModule from './spiff-provider.js';
import { translateModule } from './i18n.js';
import { pageData, send } from './pagedata.js';
import { touchNavigation } from './touch.js';
import { versions } from './versions.js';

const root = document.querySelector('[data-modeler]');
const data = pageData('modeler-data');
const status = root.querySelector('[data-status]');
const say = (text) => { status.textContent = text ?? ''; };

const Editor = data.readonly ? NavigatedViewer : Modeler;
const modeler = new Editor({
  container: root.querySelector('.diagram-canvas'),
  moddleExtensions: { spiffworkflow: spiffModdle },
  choices: data.choices ?? {},
  ...(data.readonly
    ? {}
    : {
        propertiesPanel: { parent: root.querySelector('.modeler-properties') },
        additionalModules: [
          BpmnPropertiesPanelModule,
          BpmnPropertiesProviderModule,
          SpiffProviderModule,
          ...translateModule(data.language),
        ],
      }),
});
await modeler.importXML(data.xml);
const canvas = modeler.get('canvas');
touchNavigation(modeler);
canvas.zoom('fit-viewport', 'auto');
if (canvas.zoom() < 0.6) {
  // too small to be read: begin at the upper left, past the palette
  const { inner } = canvas.viewbox();
  canvas.zoom(0.7);
  const { width, height } = canvas.viewbox();
  canvas.viewbox({ x: inner.x - 150, y: inner.y - 40, width, height });
}

let changed = false;
modeler.get('eventBus').on('commandStack.changed', () => {
  changed = true;
  say(data.texts.unsaved);
});
window.addEventListener('beforeunload', (event) => { if (changed) event.preventDefault(); });

const readXml = async () => (await modeler.saveXML({ format: true })).xml;
const version = versions(root, data, readXml, () => { changed = false; });

async function post(url, working) {
  say(working);
  const body = await version.body();
  let answer;
  try {
    answer = await send(url, body, data.csrf);
  } catch {
    say(data.texts.failed);
    return false;
  }
  version.took(answer);
  say(answer.message);
  if (answer.findings) showFindings(answer.findings);
  return answer.ok;
}
root.querySelector('[data-save]')?.addEventListener('click', async () => {
  if (await post(data.saveUrl, data.texts.saving)) changed = false;
});
root.querySelector('[data-check]')?.addEventListener('click', () => post(data.lintUrl, data.texts.checking));

let marked = [];
function showFindings(findings) {
  const overlays = modeler.get('overlays');
  const elements = modeler.get('elementRegistry');
  for (const element of marked.filter((each) => elements.get(each.id) === each)) { // others were deleted since
    canvas.removeMarker(element, 'has-error');
    canvas.removeMarker(element, 'has-warning');
  }
  overlays.remove({ type: 'finding' });
  marked = [];
  for (const finding of findings) {
    const element = elements.get(finding.element_id);
    if (!element) continue;
    canvas.addMarker(element, finding.level === 'error' ? 'has-error' : 'has-warning');
    marked.push(element); // not its code, which may be changed in the panel
    const badge = document.createElement('div');
    badge.className = `diagram-badge is-${finding.level}`;
    badge.textContent = finding.level === 'error' ? '!' : '?';
    badge.title = finding.message;
    overlays.add(finding.element_id, 'finding', { position: { top: -12, right: 12 }, html: badge });
  }
  listFindings(findings, elements);
}

function listFindings(findings, elements) {
  const list = root.querySelector('[data-findings]');
  if (!list) return;
  list.replaceChildren(...findings.map((finding) => findingRow(finding, elements)));
  if (findings.length === 0) list.textContent = data.texts.clean;
}

// Findings are phrases, to be joined as a list of them needs; here each stands alone.
const sentence = (phrase) => phrase.charAt(0).toUpperCase() + phrase.slice(1) + (/[.!?]$/.test(phrase) ? '' : '.');

function findingRow(finding, elements) {
  const row = document.createElement('div');
  row.className = `notice notice-${finding.level === 'error' ? 'bad' : 'warn'}`;
  const text = document.createElement('p');
  text.textContent = [finding.message, finding.advice].filter(Boolean).map(sentence).join(' ');
  const element = elements.get(finding.element_id);
  if (element) {
    const jump = document.createElement('button');
    jump.type = 'button';
    jump.className = 'btn btn-sm btn-outline-secondary me-2';
    jump.textContent = element.businessObject.name || finding.element_id;
    jump.addEventListener('click', () => {
      canvas.scrollToElement(element);
      modeler.get('selection').select(element);
    });
    text.prepend(jump);
  }
  row.append(text);
  return row;
}

showFindings(data.findings ?? []);
globalThis.thiduaModeler = modeler;
root.dataset.ready = '1';
