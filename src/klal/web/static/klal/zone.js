// Nobody has chosen a time zone yet: begin with the browser's own.

import { byId } from "./words.js";

const zone = byId("zone"), own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if ([...zone.options].some((one) => one.value === own)) zone.value = own;
