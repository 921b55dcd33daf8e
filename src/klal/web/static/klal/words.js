// What the server put into the page for its scripts, and sentences filled in as the language writes them.

export const pageData = () => JSON.parse(document.getElementById("page-data").textContent);

export function speaker(words) {
  const grouped = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, words.thousands);
  return (name, values = {}) => {
    const template = words[name];
    const form = typeof template === "string" ? template : (template[String(values.count)] ?? template.other);
    return form.replace(/\{(\w+)\}/g, (_, key) => (typeof values[key] === "number" ? grouped(values[key]) : (values[key] ?? "–")));
  };
}

export const byId = (id) => document.getElementById(id);
