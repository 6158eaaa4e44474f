// A file that is too large is said at once, before minutes of sending; the server checks again.
// <input type="file" data-most-bytes="20971520" data-too-large="… {name} … {size} … {most} …">
export function sizeLimits(root) {
  for (const input of root.querySelectorAll('input[type="file"][data-most-bytes]')) {
    const said = document.createElement('div');
    said.className = 'field-error';
    said.setAttribute('role', 'alert');
    input.after(said);
    input.addEventListener('change', () => check(input, said));
    input.form?.addEventListener('submit', (event) => {
      if (check(input, said)) return;
      event.preventDefault();
      event.stopImmediatePropagation(); // the form was not sent: it may be sent again
      input.focus();
    }, { capture: true });
  }
}

function check(input, said) {
  const most = Number(input.dataset.mostBytes);
  const file = [...input.files].find((each) => each.size > most);
  const megabytes = (bytes) => String(Math.ceil(bytes / 2 ** 20));
  said.textContent = file
    ? input.dataset.tooLarge.replace('{name}', file.name).replace('{size}', megabytes(file.size)).replace('{most}', megabytes(most))
    : '';
  input.classList.toggle('is-invalid', Boolean(file));
  return !file;
}

export function printButtons(root) {
  for (const button of root.querySelectorAll('[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
}
