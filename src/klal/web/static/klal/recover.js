// A scanned square brings the code behind the address's #, where no server sees it: put it into the field, and out of the address.

const code = decodeURIComponent(location.hash.slice(1));
if (code) {
  document.getElementById("code").value = code;
  history.replaceState(null, "", location.pathname);
}
