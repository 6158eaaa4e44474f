// The decision table editor: <div data-dmn> with .dmn-canvas, [data-save], [data-status]; data in
// <script type="application/json" id="dmn-data">: {xml, saveUrl, csrf, language, texts: {saving, unsaved, failed}}.
import 'dmn-js/dist/assets/diagram-js.css';
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-drd.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-js-literal-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn.css';
import './dmn.css';
import DmnModeler from 'dmn-js/lib/Modeler';
import { HIT_POLICIES } from 'dmn-js-decision-table/lib/features/hit-policy/HitPolicies.js';
import { translateModule } from './i18n.js';
import { pageData, send } from './pagedata.js';
import { versions } from './versions.js';

const root = document.querySelector('[data-dmn]');
const data = pageData('dmn-data');
const status = root.querySelector('[data-status]');
const say = (text) => { status.textContent = text ?? ''; };

// The engine reads cells as Python; the simple mode's pop-ups would write FEEL.
const pythonCells = { simpleMode: ['value', { registerProvider() {}, canSimpleEdit: () => false }] };
// Only what the engine runs as it is drawn; the editor reads this list whenever it draws.
const runnable = HIT_POLICIES.filter(({ label }) => ['Unique', 'First', 'Collect'].includes(label));
HIT_POLICIES.splice(0, HIT_POLICIES.length, ...runnable);

const translations = translateModule(data.language);
const editor = new DmnModeler({
  container: root.querySelector('.dmn-canvas'),
  common: {
    expressionLanguages: { options: [{ value: 'python', label: 'Python' }], defaults: { editor: 'python' } },
    additionalModules: translations,
  },
  drd: { additionalModules: translations },
  decisionTable: { additionalModules: [pythonCells, ...translations] },
  literalExpression: { additionalModules: translations },
  boxedExpression: { additionalModules: translations },
});
await editor.importXML(data.xml);
const table = editor.getViews().find((view) => view.type === 'decisionTable');
if (table) await editor.open(table);

let changed = false;
editor.getActiveViewer()?.get('eventBus').on('commandStack.changed', () => {
  changed = true;
  say(data.texts.unsaved);
});
window.addEventListener('beforeunload', (event) => { if (changed) event.preventDefault(); });
const readXml = async () => (await editor.saveXML({ format: true })).xml;
const version = versions(root, data, readXml, () => { changed = false; });
root.querySelector('[data-save]')?.addEventListener('click', async () => {
  say(data.texts.saving);
  try {
    const answer = await send(data.saveUrl, await version.body(), data.csrf);
    version.took(answer);
    say(answer.message);
    changed = changed && !answer.ok;
  } catch {
    say(data.texts.failed);
  }
});
globalThis.thiduaDmn = editor;
root.dataset.ready = '1';
