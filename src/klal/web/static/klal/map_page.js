// The map page: drawn again whenever the conversation has been analysed again.

import { LiveMap, listen, spread } from "./map.js";
import { byId, pageData, speaker } from "./words.js";

const data = pageData(), say = speaker(data.words), canvas = byId("canvas");
let votes = 0, told = 0;

if (canvas) {
  const map = new LiveMap({
    ...data,
    canvas,
    fill: (part, me) => {
      byId("map-title").innerHTML = part.title;
      byId("legend").innerHTML = part.legend;
      replaceUnlessRead(byId("me"), me.html);
      replaceUnlessRead(byId("lists"), part.lists);
      if (Date.now() - told > 30_000) {
        told = Date.now();
        byId("map-status").textContent = say("updated", { votes: say("votes", { count: votes }) });
      }
    },
  });
  map.snapshot = data.snapshot;
  listen(data.home, (news) => {
    votes = news.votes;
    if (news.snapshot > map.snapshot) setTimeout(() => map.refresh(news.snapshot), spread(news.participants));
  });
} else {
  listen(data.home, (news) => news.snapshot && location.reload());
}

function replaceUnlessRead(box, html) {
  // what somebody has opened or is on with the keyboard is left as it is
  if (box.contains(document.activeElement) || box.querySelector("details[open]")) return;
  box.innerHTML = html;
}
