// Copy or print the recovery code.

import { byId } from "./words.js";

document.querySelector(".scripted").hidden = false;
byId("print").addEventListener("click", () => print());
const copy = byId("copy");
if (!navigator.clipboard) copy.hidden = true;
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("code").textContent.trim());
  byId("copied").textContent = copy.dataset.done;
});
