// The properties panel for the spiff dialect: form, who does it, due date, instructions, service, decision,
// condition, script, called process. What it offers to choose from comes from the regulation's files.
import { jsx } from '@bpmn-io/properties-panel/preact/jsx-runtime';
import {
  SelectEntry, TextAreaEntry, TextFieldEntry, isSelectEntryEdited, isTextAreaEntryEdited, isTextFieldEntryEdited,
} from '@bpmn-io/properties-panel';
import { useService } from 'bpmn-js-properties-panel';
import { getBusinessObject, is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { readBody, readOperator, readProperty, writeBody, writeOperator, writeProperty } from './moddle-edits.js';
import { isTimer, timerEntries } from './timer-entries.js';

// Made once, at module level: a component made inside getGroups is mounted anew at every key press.
function entryKind(Component, isEdited) {
  function Entry({ id, element, label, read, write, options, description, monospace }) {
    const tools = { modeling: useService('modeling'), bpmnFactory: useService('bpmnFactory') };
    const translate = useService('translate');
    const debounce = useService('debounceInput');
    return jsx(Component, {
      id,
      element,
      label: translate(label),
      debounce,
      getValue: () => read(element),
      setValue: (value) => write(element, value, tools),
      ...(options ? { getOptions: () => options(translate, read(element)) } : {}),
      ...(description ? { description: translate(description) } : {}),
      ...(monospace ? { monospace: true, rows: 6 } : {}),
    });
  }
  return (id, label, read, write, more = {}) => ({ id, label, read, write, isEdited, component: Entry, ...more });
}
const text = entryKind(TextFieldEntry, isTextFieldEntryEdited);
const area = entryKind(TextAreaEntry, isTextAreaEntryEdited);
const select = entryKind(SelectEntry, isSelectEntryEdited);

const property = (id, label, name, more) => text(id, label, readProperty(name), writeProperty(name), more);
const body = (id, label, type, more) => area(id, label, readBody(type), writeBody(type), more);

const INSTRUCTIONS = 'spiffworkflow:InstructionsForEndUser';
const DECISION = 'spiffworkflow:CalledDecisionId';
const PRE = 'spiffworkflow:PreScript';
const POST = 'spiffworkflow:PostScript';

function readScript(element) {
  return getBusinessObject(element).get('script') ?? '';
}
function writeScript(element, script, { modeling }) {
  const change = { script: script || undefined, scriptFormat: script ? 'python' : undefined };
  modeling.updateModdleProperties(element, getBusinessObject(element), change);
}
function readCondition(element) {
  return getBusinessObject(element).conditionExpression?.body ?? '';
}
function writeCondition(element, expression, { modeling, bpmnFactory }) {
  const flow = getBusinessObject(element);
  let conditionExpression;
  if (expression) {
    conditionExpression = bpmnFactory.create('bpmn:FormalExpression', { body: expression });
    conditionExpression.$parent = flow;
  }
  modeling.updateModdleProperties(element, flow, { conditionExpression });
}
function readCalled(element) {
  return getBusinessObject(element).get('calledElement') ?? '';
}
function writeCalled(element, process, { modeling }) {
  modeling.updateProperties(element, { calledElement: process || undefined });
}

// What the regulation has, and what the diagram says already though the regulation lacks it.
const choose = (list = []) => (translate, present) => {
  const known = list.map(([value, label]) => ({ value, label }));
  const lost = present && !known.some((option) => option.value === present) ? [{ value: present, label: present }] : [];
  return [{ value: '', label: translate('<none>') }, ...known, ...lost];
};

function userTask(choices) {
  return {
    id: 'td-form', label: 'Work of a person', entries: [
      select('td-form-file', 'Form', readProperty('formJsonSchemaFilename'), writeProperty('formJsonSchemaFilename'), { options: choose(choices.forms) }),
      property('td-assignee', 'Assignee', 'assignee', { description: 'Expression for one person; empty: everybody with the role of the lane.' }),
      property('td-unit', 'Unit', 'unit', { description: 'Expression; only people with the role in this unit.' }),
      property('td-barred', 'Barred', 'barred', { description: 'Expression for the list of people who may not do it.' }),
      property('td-apart', 'Not who did', 'notSamePersonAs', { description: 'Ids of steps, separated by commas: who did one of them may not do this one.' }),
      property('td-due', 'Due date', 'dueDate', { description: 'Expression, for example workdays_after(received_on, 5).' }),
      property('td-due-timer', 'Timer that follows the due date', 'dueTimer', { description: 'Id of the timer on the edge of this step; it moves by as much as the due date.' }),
      body('td-instructions', 'Instructions', INSTRUCTIONS),
    ],
  };
}

// Behind such a step nothing is sent back, e.g. because a paper has left the house.
function wayBack() {
  return {
    id: 'td-way-back', label: 'Sending back', entries: [
      select('td-no-return', 'From behind this step', readProperty('noReturn'), writeProperty('noReturn'), {
        options: (translate) => [['', 'allowed'], ['true', 'no longer allowed']].map(([value, label]) => ({ value, label: translate(label) })),
        description: 'Whether a task behind this step may go back to a step before it.' }),
    ],
  };
}

function scripts() {
  return {
    id: 'td-scripts', label: 'Scripts before/after', entries: [
      body('td-pre', 'Before', PRE, { monospace: true }), body('td-post', 'After', POST, { monospace: true }),
    ],
  };
}

function groupsFor(element, choices) {
  const source = getBusinessObject(element).sourceRef;
  const groups = [];
  if (isAny(element, ['bpmn:UserTask', 'bpmn:ManualTask'])) groups.push(userTask(choices));
  if (is(element, 'bpmn:ServiceTask')) {
    groups.push({ id: 'td-service', label: 'Automatic step', entries: [
      select('td-operator', 'Operation', readOperator, writeOperator, { options: choose(choices.services) })] });
  }
  if (is(element, 'bpmn:BusinessRuleTask')) {
    groups.push({ id: 'td-decision', label: 'Decision table', entries: [
      select('td-decision-id', 'Decision', readBody(DECISION), writeBody(DECISION), { options: choose(choices.decisions) })] });
  }
  if (is(element, 'bpmn:ScriptTask')) {
    groups.push({ id: 'td-script', label: 'Script', entries: [
      area('td-script-text', 'Script (Python)', readScript, writeScript, { monospace: true })] });
  } else if (isAny(element, ['bpmn:Task', 'bpmn:CallActivity', 'bpmn:SubProcess'])) {
    groups.push(scripts());
  }
  if (is(element, 'bpmn:CallActivity')) {
    groups.push({ id: 'td-call', label: 'Called process', entries: [
      select('td-called', 'Process', readCalled, writeCalled, { options: choose(choices.processes) })] });
  }
  if (is(element, 'bpmn:Activity')) groups.push(wayBack());
  if (isTimer(element)) groups.push({ id: 'td-timer', label: 'Waiting time', entries: timerEntries(element, text) });
  if (is(element, 'bpmn:SequenceFlow') && source && isAny(source, ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway'])) {
    groups.push({ id: 'td-condition', label: 'Condition', entries: [
      text('td-condition-text', 'Expression', readCondition, writeCondition)] });
  }
  return groups;
}

function SpiffProvider(propertiesPanel, translate, choices) {
  this.getGroups = (element) => (groups) => [
    ...groups.filter((group) => group.id !== 'timer'), // ours writes what the engine reads
    ...groupsFor(element, choices).map((group) => ({ ...group, label: translate(group.label) })),
  ];
  propertiesPanel.registerProvider(500, this);
}
SpiffProvider.$inject = ['propertiesPanel', 'translate', 'config.choices'];

export default { __init__: ['spiffProvider'], spiffProvider: ['type', SpiffProvider] };
