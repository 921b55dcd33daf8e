// Copy links and messages, print posters.

for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
const status = document.getElementById("copied");

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) button.hidden = true;
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(from.value ?? from.textContent.trim());
    status.textContent = "";
    status.textContent = status.dataset.done;
    const before = button.textContent;
    button.textContent = status.dataset.done;
    setTimeout(() => (button.textContent = before), 2000);
  });
}
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());
