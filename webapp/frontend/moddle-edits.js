// Reads and writes the spiff dialect's extension elements. Every write goes through the command stack, so that
// undo and redo work.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';

const values = (bo) => bo.extensionElements?.get('values') ?? [];
export const findExtension = (bo, type) => values(bo).find((value) => is(value, type));

function extensionElements(element, { modeling, bpmnFactory }) {
  const bo = getBusinessObject(element);
  if (!bo.extensionElements) {
    const created = bpmnFactory.create('bpmn:ExtensionElements', { values: [] });
    created.$parent = bo;
    modeling.updateModdleProperties(element, bo, { extensionElements: created });
  }
  return bo.extensionElements;
}

export function addExtension(element, extension, tools) {
  const parent = extensionElements(element, tools);
  extension.$parent = parent;
  tools.modeling.updateModdleProperties(element, parent, { values: [...parent.get('values'), extension] });
}

export function removeExtension(element, extension, tools) {
  const parent = extensionElements(element, tools);
  const rest = parent.get('values').filter((value) => value !== extension);
  tools.modeling.updateModdleProperties(element, parent, { values: rest });
}

export const readBody = (type) => (element) => findExtension(getBusinessObject(element), type)?.value ?? '';

export const writeBody = (type) => (element, value, tools) => {
  const present = findExtension(getBusinessObject(element), type);
  if (!value) {
    if (present) removeExtension(element, present, tools);
  } else if (present) {
    tools.modeling.updateModdleProperties(element, present, { value });
  } else {
    addExtension(element, tools.bpmnFactory.create(type, { value }), tools);
  }
};

const PROPERTIES = 'spiffworkflow:Properties';

export const readProperty = (name) => (element) => {
  const holder = findExtension(getBusinessObject(element), PROPERTIES);
  return holder?.get('properties').find((property) => property.name === name)?.value ?? '';
};

export const writeProperty = (name) => (element, value, tools) => {
  const { modeling, bpmnFactory } = tools;
  let holder = findExtension(getBusinessObject(element), PROPERTIES);
  if (!holder && !value) return;
  if (!holder) {
    holder = bpmnFactory.create(PROPERTIES, { properties: [] });
    addExtension(element, holder, tools);
  }
  const rest = holder.get('properties').filter((property) => property.name !== name);
  if (value) {
    const property = bpmnFactory.create('spiffworkflow:Property', { name, value });
    property.$parent = holder;
    rest.push(property);
  }
  if (rest.length) modeling.updateModdleProperties(element, holder, { properties: rest });
  else removeExtension(element, holder, tools);
};

const OPERATOR = 'spiffworkflow:ServiceTaskOperator';

export const readOperator = (element) => findExtension(getBusinessObject(element), OPERATOR)?.id ?? '';

export function writeOperator(element, id, tools) {
  const present = findExtension(getBusinessObject(element), OPERATOR);
  if (!id) {
    if (present) removeExtension(element, present, tools);
  } else if (present) {
    tools.modeling.updateModdleProperties(element, present, { id });
  } else {
    const parameterList = tools.bpmnFactory.create('spiffworkflow:Parameters', { parameters: [] });
    const operator = tools.bpmnFactory.create(OPERATOR, { id, parameterList });
    parameterList.$parent = operator;
    addExtension(element, operator, tools);
  }
}
