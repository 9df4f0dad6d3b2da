// 「いまいる場所から」: only after a press, rounded to about 100 m in the browser, kept nowhere.
(() => {
  const box = document.getElementById('near'), form = box?.closest('form');
  if (!form || !navigator.geolocation || !isSecureContext) return;
  const button = box.querySelector('button'), said = box.querySelector('[role=status]'), at = form.elements.at;
  box.hidden = false;
  form.elements.q.addEventListener('input', () => { at.disabled = true; });
  button.addEventListener('click', () => {
    said.textContent = said.dataset.wait;
    navigator.geolocation.getCurrentPosition(found => {
      at.value = `${found.coords.latitude.toFixed(3)},${found.coords.longitude.toFixed(3)}`;
      at.disabled = false;
      form.elements.q.value = '';
      form.requestSubmit();
    }, () => { said.textContent = said.dataset.fail; }, { maximumAge: 600000, timeout: 20000 });
  });
})();
