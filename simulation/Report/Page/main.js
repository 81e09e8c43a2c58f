// Wiring: buttons, keys, the pointer.
const byId = id => document.getElementById(id);
const tip = byId('tip');
let playing = 0;

function select(step, moves) {
    view.step = Math.max(0, Math.min(step, stepCount - 1));
    const at = stepAt[view.step],
        span = view.until - view.from;
    if (at < view.from + span * 0.04 || at > view.until - span * 0.04) show(at - span / 2, at + span / 2);
    if (moves) reveal(run.stepLane[view.step]);
    inspect(view.step);
    redraw();
}

function reveal(lane) {
    const scroll = byId('scroll'),
        y = lane < 0 ? 0 : laneTop(lane);
    if (y < scroll.scrollTop || y + NODE > scroll.scrollTop + scroll.clientHeight)
        scroll.scrollTop = Math.max(0, y - 40);
}

function show(from, until) {
    const span = Math.max(Math.min(until - from, runEnd * 1.04), 40);
    const middle = Math.max(span / 2 - runEnd * 0.02, Math.min((from + until) / 2, runEnd * 1.02 - span / 2));
    view.from = middle - span / 2;
    view.until = middle + span / 2;
    redraw();
}

function zoom(by, at = (view.from + view.until) / 2) {
    show(at - (at - view.from) * by, at + (view.until - at) * by);
}

function move(by, sameLane) {
    const lane = run.stepLane[view.step];
    for (let step = view.step + by; step >= 0 && step < stepCount; step += by) {
        if (isStep(step) && (!sameLane || run.stepLane[step] === lane)) {
            select(step, true);
            return true;
        }
    }
    return false;
}

// To the nearest event of another lane.
function changeLane(by) {
    const lane = Math.max(0, Math.min(run.stepLane[view.step] + by, laneCount - 1));
    for (let away = 0; away < stepCount; away++) {
        for (const step of [view.step - away, view.step + away]) {
            if (step >= 0 && step < stepCount && run.stepLane[step] === lane && isStep(step)) {
                select(step, true);
                return;
            }
        }
    }
}

function toCause() {
    const cause = causeOf(view.step);
    if (cause >= 0) select(cause, true);
    else move(-1, true);
}

function play() {
    clearInterval(playing);
    playing = playing ? 0 : setInterval(() => move(1) || play(), 160);
    byId('play').textContent = playing ? '❚❚' : '▶';
}

function toggle(name) {
    view[name] = !view[name];
    byId(name).classList.toggle('on', view[name]);
    redraw();
}

function find(words) {
    const wanted = words.trim().toLowerCase();
    view.hits = null;
    if (wanted) {
        view.hits = new Set();
        for (let step = 0; step < stepCount; step++) {
            const m = run.stepMessage[step];
            const all = [
                label(step),
                laneName(run.stepLane[step]),
                m >= 0 ? text(run.says[m]) : '',
                ...(notes.get(step) || []).map(note => note.words),
            ];
            if (all.join(' ').toLowerCase().includes(wanted)) view.hits.add(step);
        }
        const first = [...view.hits].find(step => step >= view.step) ?? [...view.hits][0];
        if (first !== undefined) select(first, true);
    }
    byId('found').textContent = view.hits ? `${view.hits.size} found` : '';
}

function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    readColors();
    redraw();
}

const actions = {
    'ArrowRight': shift => move(1, shift),
    'ArrowLeft': shift => move(-1, shift),
    'ArrowDown': () => changeLane(1),
    'ArrowUp': () => changeLane(-1),
    'Home': () => select(0, true),
    'End': () => select(stepCount - 1, true),
    'c': toCause,
    'v': toFailure,
    'f': () => toggle('slice'),
    'l': () => toggle('troubled'),
    't': () => setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'),
    ' ': play,
    '/': () => byId('search').focus(),
    '?': () => byId('keys').showModal(),
    '+': () => zoom(0.6, stepAt[view.step]),
    '=': () => zoom(0.6, stepAt[view.step]),
    '-': () => zoom(1 / 0.6, stepAt[view.step]),
    '0': () => show(0, runEnd),
    'w': () => zoom(0.6),
    's': () => zoom(1 / 0.6),
    'a': () => pan(-0.25),
    'd': () => pan(0.25),
};
const keyNames = [
    ['← →', 'event before, after'],
    ['⇧← ⇧→', 'on the same lane'],
    ['↑ ↓', 'to another lane'],
    ['c', 'to the cause'],
    ['v', 'to the failure'],
    ['f', 'only the slice'],
    ['l', 'only messages in trouble'],
    ['space', 'play'],
    ['/', 'search'],
    ['+ − 0', 'zoom in, out, whole run'],
    ['w a s d', 'zoom and move'],
    ['ctrl wheel', 'zoom at the pointer'],
    ['t', 'light or dark'],
];

function pan(part) {
    const span = view.until - view.from;
    show(view.from + span * part, view.until + span * part);
}

function toFailure() {
    select(run.failure ? run.failure.step : stepCount - 1, true);
}

addEventListener('keydown', event => {
    if (event.target === byId('search')) {
        if (event.key === 'Escape' || event.key === 'Enter') event.target.blur();
        return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || byId('keys').open) return;
    const act = actions[event.key];
    if (act) {
        event.preventDefault();
        act(event.shiftKey);
    }
});

function copyRepeat() {
    const words = byId('repeat').textContent;
    navigator.clipboard?.writeText(run.repeat).then(() => {
        byId('repeat').textContent = 'copied';
        setTimeout(() => {
            byId('repeat').textContent = words;
        }, 900);
    });
}

let drag = null;
lanes.addEventListener('pointerdown', event => {
    drag = { x: event.offsetX, from: view.from, until: view.until, moved: false };
    lanes.setPointerCapture(event.pointerId);
});
lanes.addEventListener('pointermove', event => {
    if (drag && Math.abs(event.offsetX - drag.x) > 3) drag.moved = true;
    if (drag?.moved) {
        const by = ((event.offsetX - drag.x) / (width - GUTTER)) * (drag.until - drag.from);
        lanes.classList.add('dragging');
        tip.hidden = true;
        show(drag.from - by, drag.until - by);
        return;
    }
    hover(event);
});
lanes.addEventListener('pointerup', event => {
    lanes.classList.remove('dragging');
    if (drag && !drag.moved) pick(hit(event.offsetX, event.offsetY));
    drag = null;
});
lanes.addEventListener('pointerleave', () => {
    tip.hidden = true;
});
lanes.addEventListener('dblclick', event => zoom(0.4, atOf(event.offsetX)));
byId('stage').addEventListener(
    'wheel',
    event => {
        if (event.ctrlKey || event.metaKey) {
            event.preventDefault();
            zoom(Math.exp(event.deltaY * 0.0022), atOf(event.offsetX));
        } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
            event.preventDefault();
            pan((event.deltaX || event.deltaY) / 900);
        }
    },
    { passive: false },
);

function pick(found) {
    if (!found) return;
    if (found.step !== undefined) select(found.step);
    else if (found.message !== undefined)
        select(run.arrivedStep[found.message] >= 0 ? run.arrivedStep[found.message] : run.sentStep[found.message]);
    else if (found.work) select(found.work.step);
}

const route = m => `${laneName(run.from[m])} → ${laneName(run.to[m])}`;

function hover(event) {
    const found = hit(event.offsetX, event.offsetY);
    tip.hidden = !found;
    if (!found) return;
    const [head, rest] =
        found.step !== undefined
            ? [label(found.step), `${laneName(run.stepLane[found.step])}, ${clock(stepAt[found.step])}`]
            : found.message !== undefined
              ? [
                    `${text(run.kind[found.message])}  ${route(found.message)}`,
                    [fateOf(found.message), text(run.says[found.message])].filter(Boolean).join(' · '),
                ]
              : found.work
                ? [
                      `disk: ${found.work.says}`,
                      `${clock(found.work.from)} to ${clock(found.work.until)}` + (found.work.done < 0 ? ', cut short' : ''),
                  ]
                : [found.band.words, `${clock(found.band.from)} to ${clock(found.band.until)}`];
    tip.replaceChildren(head, element('br'), element('small', {}, rest));
    const stage = byId('stage').getBoundingClientRect(),
        x = event.clientX - stage.left,
        y = event.clientY - stage.top;
    tip.style.left = `${Math.max(4, Math.min(x + 14, stage.width - tip.offsetWidth - 6))}px`;
    tip.style.top = `${y + 22 + tip.offsetHeight > stage.height ? y - tip.offsetHeight - 10 : y + 18}px`;
}

let mapped = false;
const fromMap = event => {
    const at = ((event.offsetX - GUTTER) / (map.clientWidth - GUTTER - 14)) * runEnd,
        span = view.until - view.from;
    show(at - span / 2, at + span / 2);
};
map.addEventListener('pointerdown', event => {
    mapped = true;
    map.setPointerCapture(event.pointerId);
    fromMap(event);
});
map.addEventListener('pointermove', event => {
    if (mapped) fromMap(event);
});
map.addEventListener('pointerup', () => {
    mapped = false;
});

function begin() {
    document.title = `Seed ${run.seed} · ${run.failure ? run.failure.checker : 'passed'}`;
    byId('verdict').append(
        ...(run.failure
            ? [
                  element('b', { class: 'failed' }, 'FAILED'),
                  element('strong', {}, run.failure.checker),
                  element('span', { class: 'soft', title: run.failure.text }, run.failure.text),
              ]
            : [element('b', { class: 'passed' }, 'PASSED'), element('strong', {}, `seed ${run.seed}`)]),
    );
    byId('numbers').append(...numberTiles(run.failure ? 4 : 10));
    byId('repeat').textContent = run.repeat.slice(run.repeat.indexOf('-- ') + 3);
    byId('repeat').title = `Copy the line that repeats this run: ${run.repeat}`;
    byId('repeat').onclick = copyRepeat;
    families.forEach((one, place) => {
        if (!family.includes(place)) return;
        const chip = element(
            'button',
            { class: 'chip', color: one.color, title: `Show or hide ${one.name}` },
            element('i'),
            one.name,
        );
        chip.onclick = () => {
            view.shown[place] = !view.shown[place];
            chip.classList.toggle('off', !view.shown[place]);
            redraw();
        };
        byId('kinds').append(chip);
    });
    const buttons = {
        first: 'Home',
        back: 'ArrowLeft',
        play: ' ',
        next: 'ArrowRight',
        last: 'End',
        cause: 'c',
        failureButton: 'v',
        slice: 'f',
        troubled: 'l',
        out: '-',
        all: '0',
        in: '+',
        theme: 't',
        help: '?',
    };
    for (const [id, key] of Object.entries(buttons))
        byId(id).onclick = event => {
            actions[key](event.shiftKey);
            event.currentTarget?.blur();
        };
    byId('failureButton').hidden = byId('slice').hidden = !run.failure;
    byId('search').oninput = event => find(event.target.value);
    byId('keys').append(
        element('h2', { style: 'margin-top:0' }, 'Keys'),
        element(
            'table',
            {},
            ...keyNames.map(([key, does]) =>
                element('tr', {}, element('td', {}, element('kbd', {}, key)), element('td', {}, does)),
            ),
        ),
    );
    byId('keys').onclick = () => byId('keys').close();
    makeTabs();
    setTheme(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', event =>
        setTheme(event.matches ? 'dark' : 'light'),
    );
    new ResizeObserver(redraw).observe(byId('stage'));
    openSheet(0);
    const end = run.failure ? stepAt[run.failure.step] : runEnd;
    const causes = run.sliceSteps;
    const shown =
        run.failure && causes.length ? causes[Math.max(0, causes.length - 36)] : Math.max(0, stepCount - 260);
    show(!run.failure && stepCount < 400 ? 0 : stepAt[shown], end + (end - stepAt[shown]) * 0.06);
    select(run.failure ? run.failure.step : stepAfter(view.from + (view.until - view.from) / 2), true);
}
begin();
