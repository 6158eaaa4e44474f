// The editors' texts in Vietnamese. A text the table lacks is shown as it is and remembered, so that the
// browser test can name it.
import { VI } from './i18n-vi.js';

const missing = new Set();
// The libraries write the same words as "User task" here and "User Task" there.
const table = new Map(Object.entries(VI).map(([key, text]) => [key.toLowerCase(), text]));
globalThis.thiduaUntranslated = missing;

function translate(template, replacements = {}) {
  let text = VI[template] ?? table.get(template.toLowerCase());
  if (text === undefined) {
    missing.add(template);
    text = template;
  }
  return text.replace(/{([^}]+)}/g, (whole, name) => (name in replacements ? replacements[name] : whole));
}

export const translateModule = (language) => (language === 'vi' ? [{ translate: ['value', translate] }] : []);
