// Lists worked as lists: select all, how many are chosen, one decision for all rows with exceptions.
export function listTables(root) {
  for (const list of root.querySelectorAll('[data-list]')) {
    selectAll(list);
    filterRows(list);
  }
  for (const control of root.querySelectorAll('[data-apply-all]')) applyAll(control);
  for (const button of root.querySelectorAll('[data-add-row]')) addRows(button);
}

// A free list: one more empty row, made from the list's own <template>.
function addRows(button) {
  const list = button.closest('[data-list]');
  const rows = list.querySelector('[data-rows]');
  button.hidden = false;
  button.addEventListener('click', () => {
    const row = list.querySelector('[data-blank]').content.querySelector('tr').cloneNode(true);
    const index = rows.children.length;
    for (const part of row.querySelectorAll('*')) {
      for (const name of ['id', 'name', 'aria-describedby', 'data-path']) {
        const value = part.getAttribute(name);
        if (value) part.setAttribute(name, value.replace('#', index));
      }
    }
    rows.append(row);
    row.querySelector('input, select, textarea')?.focus();
  });
}

function selectAll(list) {
  const all = list.querySelector('[data-select-all]');
  const rows = [...list.querySelectorAll('[data-select]')];
  const count = list.querySelector('[data-selected-count]');
  const show = () => {
    const chosen = rows.filter((row) => row.checked).length;
    if (count) count.textContent = count.dataset.template.replace('{n}', chosen).replace('{all}', rows.length);
    if (all) {
      all.checked = rows.length > 0 && chosen === rows.length;
      all.indeterminate = chosen > 0 && chosen < rows.length;
    }
    for (const row of rows) row.closest('[data-row]')?.classList.toggle('is-selected', row.checked);
  };
  all?.addEventListener('change', () => {
    for (const row of rows) if (!row.closest('[hidden]')) row.checked = all.checked;
    show();
  });
  list.addEventListener('change', show);
  show();
}

// Narrows the rows as one types, with or without accents.
function filterRows(list) {
  const box = list.querySelector('[data-filter]');
  box?.addEventListener('input', () => {
    const wanted = fold(box.value);
    for (const row of list.querySelectorAll('[data-row]')) row.hidden = !fold(row.textContent).includes(wanted);
  });
}

const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D').toLowerCase();

// <button data-apply-all="lines" data-column="decision"> copies the value of [data-all-value] into every row;
// rows that differ are then changed by hand.
function applyAll(control) {
  const form = control.closest('form');
  const key = `${control.dataset.applyAll}.${control.dataset.column}`;
  const find = (name) => form.querySelectorAll(`[${name}="${key}"]`);
  control.closest('[data-for-all]').hidden = false;
  control.addEventListener('click', () => {
    const { value } = find('data-all-value')[0];
    let changed = 0;
    for (const cell of find('data-cell-of')) {
      const input = cell.querySelector('input, select, textarea');
      if (!input || cell.closest('template') || input.value === value) continue;
      input.value = value;
      changed += 1;
    }
    for (const said of find('data-applied')) said.textContent = said.dataset.template.replace('{n}', changed);
    form.dispatchEvent(new Event('change', { bubbles: true }));
  });
}
