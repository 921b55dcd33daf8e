// After leaving: votes that still wait in this browser are not sent, as somebody new would cast them.

import { pageData } from "./words.js";

const mine = `klal/${pageData().slug}/`;
for (const name of Object.keys(localStorage)) if (name.startsWith(mine)) localStorage.removeItem(name);
