// What is known of one event, and what it changed.
const inspector = document.getElementById('inspector');
let showsAll = false;

function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name === 'onclick') made.onclick = value;
        else if (name === 'color') made.style.setProperty('--c', `var(${value})`);
        else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
}

function inspect(step) {
    const lane = run.stepLane[step],
        parts = [];
    const tags = [
        element('span', { class: 'tag' }, `event ${step}`),
        element('span', { class: 'tag' }, laneName(lane)),
        element('span', { class: 'tag' }, clock(stepAt[step])),
    ];
    if (run.failure && inSlice[step]) tags.push(element('span', { class: 'tag in' }, 'in the slice'));
    if (run.failure && run.failure.step === step) tags.push(element('span', { class: 'tag bad' }, 'the failure'));
    parts.push(element('h2', {}, label(step)), element('div', { class: 'group', style: 'flex-wrap:wrap' }, ...tags));
    if (run.failure && run.failure.step === step) {
        parts.push(
            element('h3', {}, 'What was found'),
            element('div', {}, element('b', {}, run.failure.checker), element('div', {}, run.failure.text)),
        );
    }
    parts.push(...causes(step), ...happened(step), ...sent(step));
    const nodes = [
        ...new Set([
            ...(lane >= 0 && lane < run.nodes ? [lane] : []),
            ...(changesAt.get(step) || []).map(one => one.node),
        ]),
    ];
    const toggle = element(
        'button',
        {
            onclick: () => {
                showsAll = !showsAll;
                inspect(step);
            },
        },
        showsAll ? 'only this event’s' : 'all nodes',
    );
    parts.push(element('h3', {}, 'State after it', toggle));
    if (showsAll) parts.push(allStates(step));
    else if (nodes.length === 0) parts.push(element('div', { class: 'soft' }, 'No node changed.'));
    else for (const node of nodes) parts.push(nodeState(node, step, nodes.length > 1));
    inspector.replaceChildren(...parts);
}

function causes(step) {
    const message = run.stepMessage[step],
        work = run.stepWork[step],
        rows = [];
    if (message >= 0) rows.push(messageRow(message, run.sentStep[message], `sent by ${laneName(run.from[message])}`));
    if (work >= 0) rows.push(row('--disk', `begun: ${works[work].says}`, works[work].step));
    return rows.length ? [element('h3', {}, 'Because of'), element('div', { class: 'list' }, ...rows)] : [];
}

function happened(step) {
    const said = notes.get(step) || [];
    if (said.length === 0) return [];
    const lane = run.stepLane[step];
    return [
        element('h3', {}, 'What happened'),
        element(
            'div',
            { class: 'list' },
            ...said.map(note =>
                element(
                    'div',
                    { class: 'row' },
                    element('span', { class: 'dot', color: note.isFault ? '--bad' : '--accent' }),
                    note.node === lane || note.node >= run.nodes ? note.words : `node ${note.node} ${note.words}`,
                ),
            ),
        ),
    ];
}

function sent(step) {
    return sends[step].length === 0
        ? []
        : [
              element('h3', {}, `Sends ${sends[step].length}`),
              element(
                  'div',
                  { class: 'list' },
                  ...sends[step].map(m => messageRow(m, run.arrivedStep[m], `to ${laneName(run.to[m])}`)),
              ),
          ];
}

function messageRow(m, target, words) {
    const fate = fateOf(m),
        color = run.marks[m] & LOST ? '--lost' : families[family[m]].color;
    const made = row(color, '', target);
    made.append(
        element(
            'div',
            {},
            element('b', {}, text(run.kind[m])),
            ` ${words} `,
            ...(fate
                ? [
                      element(
                          'span',
                          { class: run.marks[m] & LOST || fate.includes('flipped') ? 'tag bad' : 'tag' },
                          fate,
                      ),
                  ]
                : []),
            element('div', { class: 'soft' }, text(run.says[m])),
        ),
    );
    if (target >= 0) made.append(element('span', { class: 'when' }, clock(stepAt[target])));
    return made;
}

function row(color, words, target) {
    const made = element(
        'div',
        target >= 0 ? { class: 'row link', onclick: () => select(target, true) } : { class: 'row' },
        element('span', { class: 'dot', color }),
    );
    if (words) made.append(element('div', {}, words));
    return made;
}

function nodeState(node, step, isNamed) {
    const rows = run.fields.map((name, field) => {
        const now = valueAt(node, field, step),
            before = valueAt(node, field, step - 1),
            isChanged = step > 0 && now !== before;
        const cell = element('td', {});
        if (isChanged && before) cell.append(element('del', {}, before), ' → ');
        cell.append(now || '–');
        return element('tr', isChanged ? { class: 'changed' } : {}, element('th', {}, name), cell);
    });
    const table = element('table', { class: 'state' }, ...rows);
    return isNamed ? element('div', {}, element('h3', {}, `node ${node}`), table) : table;
}

function allStates(step) {
    const head = element('tr', {}, element('th', {}), ...strips.map((_, node) => element('th', {}, `node ${node}`)));
    const rows = run.fields.map((name, field) =>
        element(
            'tr',
            {},
            element('th', {}, name),
            ...strips.map((_, node) => {
                const isChanged = step > 0 && valueAt(node, field, step) !== valueAt(node, field, step - 1);
                return element('td', isChanged ? { class: 'changed' } : {}, valueAt(node, field, step) || '–');
            }),
        ),
    );
    return element('table', { class: 'state' }, head, ...rows);
}
