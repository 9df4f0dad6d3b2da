// Reads a question aloud with the browser's own voice. Without a voice the button stays hidden; nothing needs it.
(() => {
  const buttons = document.querySelectorAll("button[data-say]");
  if (!("speechSynthesis" in window) || !buttons.length) return;
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => {
      speechSynthesis.cancel();
      for (const part of button.dataset.say.split("|")) {
        const words = new SpeechSynthesisUtterance(part);
        words.lang = button.dataset.lang;
        words.rate = 0.9;
        speechSynthesis.speak(words);
      }
    });
  }
  window.addEventListener("pagehide", () => speechSynthesis.cancel());
})();
