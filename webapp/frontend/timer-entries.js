// How long an event waits. The engine reads Python: ten days are the text "P10D" in quotes, which nobody should
// have to know; any other time is an expression.
import { getBusinessObject } from 'bpmn-js/lib/util/ModelUtil';

const DAYS = /^\s*["']P(\d+)D["']\s*$/;
const KINDS = ['timeDuration', 'timeDate', 'timeCycle'];

const timerOf = (element) => (getBusinessObject(element).get('eventDefinitions') ?? [])
  .find((definition) => definition.$instanceOf('bpmn:TimerEventDefinition'));

export const isTimer = (element) => Boolean(getBusinessObject(element).eventDefinitions && timerOf(element));

const bodyOf = (element, kind) => timerOf(element)?.get(kind)?.get('body') ?? '';
const daysOf = (element) => DAYS.exec(bodyOf(element, 'timeDuration'))?.[1];

// A timer waits for one thing: writing one kind empties the others.
function write(element, kind, body, { modeling, bpmnFactory }) {
  const timer = timerOf(element);
  const change = Object.fromEntries(KINDS.map((each) => [each, undefined]));
  if (body) {
    change[kind] = bpmnFactory.create('bpmn:FormalExpression', { body });
    change[kind].$parent = timer;
  }
  modeling.updateModdleProperties(element, timer, change);
}

function readDays(element) {
  return daysOf(element) ?? '';
}
function writeDays(element, value, tools) {
  const days = (value ?? '').trim();
  write(element, 'timeDuration', /^\d+$/.test(days) ? `"P${days}D"` : days, tools);
}
const readExpression = (kind) => (element) => bodyOf(element, kind);
const writeExpression = (kind) => (element, value, tools) => write(element, kind, value, tools);

export function timerEntries(element, text) {
  const entries = [
    text('td-days', 'Days to wait', readDays, writeDays, { description: 'Calendar days, counted from when the dossier gets here.' }),
    text('td-until', 'Or until', readExpression('timeDate'), writeExpression('timeDate'), {
      description: 'Expression for a date, for example workdays_after(received_on, 5).',
    }),
  ];
  for (const [kind, label] of [['timeDuration', 'Duration'], ['timeCycle', 'Cycle']]) {
    if (bodyOf(element, kind) && !daysOf(element)) {
      entries.push(text(`td-${kind}`, label, readExpression(kind), writeExpression(kind)));
    }
  }
  return entries;
}
