// Lists the operations of /openapi.json and lets the reader try each. Texts are set as text, never as markup.
const byId = (id) => document.getElementById(id);
const el = (name, attributes, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

const api = await (await fetch('/openapi.json')).json();
byId('version').textContent = api.info.version;
const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })));

const resolve = (schema, depth = 0) => {
  if (!schema || depth > 12) return schema ?? {};
  if (schema.$ref) return resolve(schema.$ref.split('/').slice(1).reduce((at, part) => at?.[part], api), depth + 1);
  return schema;
};

// A first body: what the schema gives as example, default, or as the least that fits.
const example = (given, depth = 0) => {
  const schema = resolve(given);
  if (schema.examples?.length) return schema.examples[0];
  if ('default' in schema) return schema.default;
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choice = schema.oneOf?.[0] ?? schema.anyOf?.[0] ?? schema.allOf?.[0];
  if (choice && depth < 6) return example(choice, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object') {
    const required = schema.required ?? [];
    return Object.fromEntries(required.map((name) => [name, depth < 6 ? example(schema.properties?.[name], depth + 1) : null]));
  }
  return { string: '', integer: 0, number: 0, boolean: false, array: [] }[type] ?? null;
};

const summaryOf = (given) => {
  const schema = resolve(given);
  const named = given?.$ref?.split('/').pop();
  if (named) return named;
  if (schema.enum) return schema.enum.join(' | ');
  if (schema.type === 'array') return `${summaryOf(schema.items)}[]`;
  const types = [].concat(schema.type ?? 'any').join(' | ');
  const bounds = [schema.minimum, schema.maximum].some((bound) => bound !== undefined)
    ? ` ${schema.minimum ?? ''}…${schema.maximum ?? ''}` : '';
  return schema.format ? `${types} (${schema.format})` : types + bounds;
};

const fields = (given) => {
  const schema = resolve(given);
  const names = Object.entries(schema.properties ?? {});
  if (!names.length) return el('p', { class: 'dim' }, summaryOf(given));
  const rows = names.map(([name, of]) => el('tr', {},
    el('td', {}, el('span', { class: 'path' }, name), schema.required?.includes(name) ? '' : el('span', { class: 'dim' }, ' optional')),
    el('td', { class: 'path' }, summaryOf(of)),
    el('td', { class: 'dim' }, of.description ?? resolve(of).description ?? '')));
  return el('table', {}, ...rows);
};

const bodies = (content) => Object.entries(content ?? {}).flatMap(([media, { schema }]) => [
  el('p', { class: 'path' }, media), fields(schema)]);

const describe = (operation) => {
  const section = el('section', {}, el('h1', {}, operation.summary),
    el('p', { class: 'path' }, `${operation.method} ${operation.path}`));
  const scopes = operation.security?.[0]?.key;
  section.append(el('p', { class: 'dim' }, scopes ? `Needs a key${scopes.length ? ` with the scope ${scopes.join(', ')}` : ''}.` : 'Open to anybody.'));
  if (operation.parameters?.length) {
    section.append(el('h3', {}, 'Parameters'), el('table', {}, ...operation.parameters.map((parameter) => el('tr', {},
      el('td', { class: 'path' }, parameter.name), el('td', { class: 'dim' }, parameter.in),
      el('td', {}, parameter.description ?? summaryOf(parameter.schema))))));
  }
  if (operation.requestBody) section.append(el('h3', {}, 'Takes'), ...bodies(operation.requestBody.content));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const known = answer.$ref ? resolve(answer) : answer;
    section.append(el('h3', {}, `Gives ${status} · ${known.description}`), ...bodies(known.content));
  }
  return section;
};

const attempt = (operation) => {
  const form = el('form', {});
  const inputs = (operation.parameters ?? []).filter(({ in: where }) => where !== 'cookie').map((parameter) => {
    const input = el('input', { autocomplete: 'off', spellcheck: 'false' });
    if (parameter.required) input.required = true;
    if (parameter.style === 'form') input.placeholder = 'quality=9&window=22';
    form.append(el('label', {}, el('span', {}, parameter.name, el('span', { class: 'dim' }, parameter.in)), input));
    return { parameter, input };
  });
  const media = Object.keys(operation.requestBody?.content ?? {});
  const kind = el('select', {}, ...media.map((name) => el('option', {}, name)));
  const text = el('textarea', { spellcheck: 'false' });
  if (media.length) {
    const json = operation.requestBody.content['application/json'];
    text.value = json ? JSON.stringify(json.example ?? example(json.schema), null, 2) : '';
    form.append(el('label', {}, el('span', {}, 'Body'), kind), text);
  }
  const answer = el('div', { 'aria-live': 'polite' });
  form.append(el('p', {}), el('button', {}, 'Send request'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    answer.replaceChildren(el('p', { class: 'dim' }, 'Waiting for the answer …'));
    answer.replaceChildren(...await send(operation, inputs, media.length ? { kind: kind.value, text: text.value } : undefined));
  });
  return el('section', {}, el('h1', {}, 'Try it'), form, answer);
};

const send = async (operation, inputs, body) => {
  let path = operation.path;
  const query = new URLSearchParams();
  const headers = new Headers();
  for (const { parameter, input } of inputs) {
    if (!input.value) continue;
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (parameter.style === 'form') new URLSearchParams(input.value).forEach((value, name) => query.append(name, value));
    else if (parameter.in === 'query') query.append(parameter.name, input.value);
    else headers.set(parameter.name, input.value);
  }
  if (byId('key').value && operation.security?.length) headers.set('Authorization', `Bearer ${byId('key').value}`);
  if (body) headers.set('Content-Type', body.kind);
  const url = `${path}${query.size ? `?${query}` : ''}`;
  const begun = performance.now();
  try {
    const response = await fetch(url, { method: operation.method, headers, body: body?.text });
    const took = Math.round(performance.now() - begun);
    const shown = await readable(response);
    return [el('h3', {}, 'Answer'),
      el('p', { class: response.ok ? 'ok' : 'bad' }, `${response.ok ? '●' : '✕'} ${response.status} ${response.statusText} in ${took} ms`),
      el('pre', {}, shown),
      el('details', {}, el('summary', {}, 'Headers'), el('pre', {}, [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')))];
  } catch (error) {
    return [el('p', { class: 'bad' }, `✕ No answer: ${error.message}. Nothing is known about what the server did; look at your jobs.`)];
  }
};

const readable = async (response) => {
  const type = response.headers.get('Content-Type') ?? '';
  if (type.startsWith('text/event-stream')) {
    response.body?.cancel();
    return 'An endless stream of events began. Read it with curl -N.';
  }
  if (!/json|text|html/.test(type)) return `${(await response.arrayBuffer()).byteLength} bytes of ${type || 'no media type'}`;
  const text = await response.text();
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text || '(no body)'; }
};

const show = () => {
  const id = location.hash.slice(1) || operations[0].operationId;
  const operation = operations.find(({ operationId }) => operationId === id) ?? operations[0];
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash.slice(1) === operation.operationId) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  byId('main').className = '';
  byId('main').replaceChildren(describe(operation), attempt(operation));
  byId('main').scrollTop = 0;
};

const tags = [...new Set(operations.map(({ tags: [tag] }) => tag))];
byId('list').replaceChildren(...tags.flatMap((tag) => [el('h2', {}, tag),
  ...operations.filter(({ tags: [of] }) => of === tag).map((operation) =>
    el('a', { href: `#${operation.operationId}`, title: operation.summary }, el('b', {}, operation.method), operation.path.replace(/^\/v1/, '') || '/'))]));
addEventListener('hashchange', show);
show();
