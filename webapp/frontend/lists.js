// Lists worked as lists: select all, how many are chosen, one decision for all rows with exceptions.
export function listTables(root) {
  for (const list of root.querySelectorAll('[data-list]')) {
    selectAll(list);
    filterRows(list);
  }
  for (const control of root.querySelectorAll('[data-apply-all]')) applyAll(control);
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

// <button data-apply-all="lines" data-column="decision"> copies the chosen value of its select into every row
// that was not set apart by hand.
function applyAll(control) {
  const form = control.closest('form');
  const source = form.querySelector(`[data-all-value="${control.dataset.applyAll}.${control.dataset.column}"]`);
  const cells = () => [...form.querySelectorAll(`[data-cell="${control.dataset.applyAll}.${control.dataset.column}"]`)];
  const said = form.querySelector(`[data-applied="${control.dataset.applyAll}.${control.dataset.column}"]`);
  control.hidden = false;
  control.addEventListener('click', () => {
    let changed = 0;
    for (const cell of cells()) {
      if (cell.type === 'radio') {
        if (cell.value !== source.value || cell.disabled) continue;
        if (!cell.checked) changed += 1;
        cell.checked = true;
      } else {
        if (cell.disabled) continue;
        if (cell.value !== source.value) changed += 1;
        cell.value = source.value;
      }
    }
    if (said) said.textContent = said.dataset.template.replace('{n}', changed);
    form.dispatchEvent(new Event('change', { bubbles: true }));
  });
}
