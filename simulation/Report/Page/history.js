// Below the lanes: what happened in words, whether one object could have answered so, and what was planned.
const tabs = document.getElementById('tabs'),
    sheet = document.getElementById('sheet');
const objects = [...new Set(operations.map(one => one.object))].sort((a, b) => a - b);
let object = run.stuck >= 0 ? operations[run.stuck].object : objects[0];

const sheets = [
    ...(run.words.length ? [{ name: 'What led to it', make: makeWords }] : []),
    { name: `Linearizability`, make: makeHistory },
    { name: `Plan: ${run.plan.length} faults and steps`, make: makePlan },
];

function openSheet(place) {
    [...tabs.children].forEach((tab, i) => tab.classList.toggle('on', i === place));
    document.querySelector('footer').classList.remove('closed');
    sheet.replaceChildren(sheets[place].make());
    sheet.scrollTop = sheets[place].make === makeWords ? sheet.scrollHeight : 0;
}

function makeTabs() {
    tabs.replaceChildren(
        ...sheets.map((one, place) =>
            element(
                'button',
                {
                    onclick: () => (tabs.children[place].classList.contains('on') ? closeSheet() : openSheet(place)),
                },
                one.name,
            ),
        ),
    );
}

function closeSheet() {
    [...tabs.children].forEach(tab => tab.classList.remove('on'));
    document.querySelector('footer').classList.add('closed');
    redraw();
}

function makeWords() {
    return element(
        'div',
        { class: 'words mono' },
        ...run.words.map(words => {
            const number = /^#(\d+)/.exec(words);
            if (!number) return element('div', { class: 'lead' }, words);
            return element('div', { class: 'link', onclick: () => select(+number[1], true) }, words);
        }),
    );
}

// As wide as there are calls and returns: what overlaps in time overlaps here, and every text can be read.
function makeHistory() {
    const part = operations.filter(one => one.object === object);
    const marks = part.flatMap(one => [one.called, one.returned < 0 ? Infinity : one.returned]).sort((a, b) => a - b);
    const rank = at => marks.findIndex(mark => mark >= at);
    const clients = [...new Set(part.map(one => one.client))].sort((a, b) => a - b);
    const gap = Math.max(58, Math.min((sheet.clientWidth - 140) / Math.max(marks.length, 1), 150));
    // A client that got no answer goes on after a while: until then its operation is drawn.
    const nextOf = one =>
        Math.min(
            ...part
                .filter(next => next.client === one.client && next.called > one.called)
                .map(next => rank(next.called)),
            marks.length,
        );
    const panel = element('div', {
        class: 'history',
        style: `height:${clients.length * 34 + 8}px;width:${100 + marks.length * gap}px`,
    });
    clients.forEach((client, i) =>
        panel.append(
            element('div', { class: 'client', style: `top:${i * 34 + 5}px` }, `client ${client}`),
            element('div', { class: 'row-line', style: `top:${i * 34 + 14}px` }),
        ),
    );
    for (const one of part) {
        const from = 80 + rank(one.called) * gap,
            until = 80 + (one.returned < 0 ? nextOf(one) : rank(one.returned)) * gap;
        const kind =
            one.number === run.stuck ? 'stuck' : one.place < 0 ? 'unplaced' : one.returned < 0 ? 'pending' : '';
        const answered = one.returned < 0 ? '' : `, answered at ${clock(one.returned)}`;
        const title = `${one.words}\nasked at ${clock(one.called)}${answered}`;
        panel.append(
            element(
                'div',
                {
                    class: 'op ' + kind,
                    title,
                    style:
                        `left:${from}px;width:${Math.max(until - from - 4, 30)}px;` +
                        `top:${clients.indexOf(one.client) * 34 + 2}px`,
                    onclick: () => select(stepAfter(one.called), true),
                },
                ...(one.place >= 0 ? [element('b', {}, `${one.place + 1}`)] : []),
                one.words,
            ),
        );
    }
    const legend =
        run.stuck >= 0 && operations[run.stuck].object === object
            ? 'The numbers are the longest order that explains every answer; the red operation fits in none.'
            : 'The numbers are an order, one at a time, that explains every answer.';
    return element(
        'div',
        { class: 'sheet' },
        element(
            'div',
            { class: 'objects' },
            ...objects.map(id =>
                element(
                    'button',
                    {
                        class: 'toggle' + (id === object ? ' on' : ''),
                        onclick: () => {
                            object = id;
                            sheet.replaceChildren(makeHistory());
                        },
                    },
                    `object ${id}`,
                ),
            ),
            element('span', { class: 'tag ' + (run.judgement === 'linearizable' ? 'in' : 'bad') }, run.judgement),
            element('span', { class: 'soft' }, legend),
        ),
        panel,
    );
}

function numberTiles(count) {
    const tiles = [];
    for (let i = 0; i < count; i += 2)
        tiles.push(element('div', {}, element('b', {}, run.numbers[i]), ` ${run.numbers[i + 1]}`));
    return tiles;
}

function makePlan() {
    const items = run.plan.map((words, i) =>
        element(
            'div',
            { class: 'row link', onclick: () => select(stepAfter(run.planAt[i]), true) },
            element('span', { class: 'dot', color: '--bad' }),
            words,
            element('span', { class: 'when' }, clock(run.planAt[i])),
        ),
    );
    return element(
        'div',
        { class: 'columns sheet' },
        element(
            'div',
            {},
            element('h3', {}, 'What goes wrong, and what operators do'),
            element('div', { class: 'list' }, ...items),
        ),
        element(
            'div',
            {},
            element('h3', {}, 'What it was like'),
            element('div', { class: 'numbers wrap' }, ...numberTiles(run.numbers.length)),
            element('h3', {}, 'Tuned otherwise than usual'),
            ...run.knobs.map(knob => element('div', { class: 'mono' }, knob)),
        ),
    );
}
