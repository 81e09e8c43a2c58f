// The lanes over time, on a canvas: only what is in view is drawn, so a frame costs what can be seen.
const lanes = document.getElementById('lanes');
const map = document.getElementById('map');
const GUTTER = 104,
    AXIS = 26,
    NODE = 112,
    CLIENT = 42,
    PAD = 8;
const laneTop = lane =>
    AXIS + (lane < run.nodes ? lane * NODE : run.nodes * NODE + PAD + (lane - run.nodes) * CLIENT);
const lifeline = lane => laneTop(lane) + (lane < run.nodes ? 56 : 31);
const lanesHeight = AXIS + run.nodes * NODE + PAD + run.clients * CLIENT + 10;
const view = {
    from: 0,
    until: runEnd,
    step: 0,
    hover: null,
    shown: families.map(() => true),
    slice: false,
    troubled: false,
    hits: null,
};
let colors = {},
    width = 800,
    pending = false,
    frameMillis = 0,
    isDense = false;

function readColors() {
    const style = getComputedStyle(document.documentElement);
    for (const name of [
        'page',
        'card',
        'sunk',
        'line',
        'ink',
        'soft',
        'faint',
        'accent',
        'accent-soft',
        'bad',
        'bad-soft',
        'good',
        'follower',
        'precandidate',
        'candidate',
        'leader',
        'down',
        'lost',
        'disk',
        'applied',
        'commit',
        'client',
        ...families.map(one => one.color.slice(2)),
    ])
        colors[name] = style.getPropertyValue('--' + name).trim();
}

const xOf = at => GUTTER + ((at - view.from) / (view.until - view.from)) * (width - GUTTER - 14);
const atOf = x => view.from + ((x - GUTTER) / (width - GUTTER - 14)) * (view.until - view.from);
const isShown = m => view.shown[family[m]] && (!view.troubled || troubled[m]) && (!view.slice || carries[m]);

// A step is stepped to where something of it can be seen under the filters.
function isStep(step) {
    if (view.slice) return inSlice[step] === 1;
    if (view.hits) return view.hits.has(step);
    const message = run.stepMessage[step];
    if (view.troubled) return (message >= 0 && troubled[message] === 1) || sends[step].some(m => troubled[m]);
    return message < 0 || view.shown[family[message]];
}

function draw() {
    pending = false;
    const started = performance.now();
    const ratio = window.devicePixelRatio || 1;
    width = lanes.clientWidth;
    size(lanes, width, lanesHeight, ratio);
    const g = lanes.getContext('2d');
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, lanesHeight);
    g.save();
    g.beginPath();
    g.rect(GUTTER, 0, width - GUTTER, lanesHeight);
    g.clip();
    drawAxis(g);
    drawBands(g);
    drawMessages(g);
    for (let lane = 0; lane < laneCount; lane++) drawLane(g, lane);
    drawWorks(g);
    drawSteps(g);
    drawCursor(g);
    g.restore();
    drawGutter(g);
    drawMap();
    frameMillis = performance.now() - started;
}

function size(canvas, w, h, ratio) {
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
        canvas.width = Math.round(w * ratio);
        canvas.height = Math.round(h * ratio);
        canvas.style.height = h + 'px';
    }
}

function redraw() {
    if (!pending) {
        pending = true;
        requestAnimationFrame(draw);
    }
}

function tickStep() {
    const wanted = (view.until - view.from) / Math.max(4, (width - GUTTER) / 110);
    const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 1)));
    return [1, 2, 5, 10].map(n => n * power).find(n => n >= wanted);
}

function drawAxis(g) {
    const by = tickStep();
    g.font = '11px system-ui, sans-serif';
    g.textAlign = 'left';
    g.textBaseline = 'middle';
    for (let at = Math.ceil(view.from / by) * by; at <= view.until; at += by) {
        const x = Math.round(xOf(at)) + 0.5;
        g.strokeStyle = colors.line;
        g.globalAlpha = 0.6;
        line(g, x, AXIS - 4, x, lanesHeight);
        g.globalAlpha = 1;
        g.fillStyle = colors.faint;
        g.fillText(
            by < 1000 ? `${(at / 1000).toFixed(by < 10 ? 3 : by < 100 ? 2 : 1)} ms` : `${at / 1000} ms`,
            x + 5,
            13,
        );
    }
}

function line(g, x1, y1, x2, y2) {
    g.beginPath();
    g.moveTo(x1, y1);
    g.lineTo(x2, y2);
    g.stroke();
}

// The whole run in one line, with the part in view; drag it.
function drawMap() {
    const ratio = window.devicePixelRatio || 1,
        h = 52;
    const w = map.clientWidth;
    size(map, w, h, ratio);
    const g = map.getContext('2d');
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, w, h);
    const x = at => GUTTER + (at / runEnd) * (w - GUTTER - 14);
    const row = Math.min(6, 40 / Math.max(run.nodes, 1));
    for (let node = 0; node < run.nodes; node++) {
        for (const one of strips[node].role) {
            g.fillStyle = colors[roleColor[one.value.split(',')[0]]] || colors.follower;
            g.globalAlpha = one.value === 'Follower' ? 0.35 : 1;
            g.fillRect(x(one.from), 6 + node * row, Math.max(x(one.until) - x(one.from), 0.5), row - 1);
        }
    }
    g.globalAlpha = 1;
    for (let step = 0; step < stepCount; step++) {
        if (run.stepKind[step] !== FAULT) continue;
        g.fillStyle = colors.bad;
        g.fillRect(x(stepAt[step]), 44, 1.5, 5);
    }
    if (run.failure) {
        g.fillStyle = colors.bad;
        g.fillRect(x(stepAt[run.failure.step]) - 1, 2, 2, 48);
    }
    g.fillStyle = colors.accent;
    g.globalAlpha = 0.12;
    g.fillRect(x(view.from), 1, Math.max(x(view.until) - x(view.from), 3), 50);
    g.globalAlpha = 1;
    g.strokeStyle = colors.accent;
    g.strokeRect(x(view.from) + 0.5, 1.5, Math.max(x(view.until) - x(view.from), 3) - 1, 49);
    g.fillStyle = colors.faint;
    g.font = '11px system-ui, sans-serif';
    g.textBaseline = 'middle';
    g.fillText('whole run', 14, 22);
    g.fillText('faults', 14, 46);
}

const stepAfter = at => Math.min(lastUpTo(stepAt, at), stepCount - 1);

// What lies under the pointer: an event, else a message, else a disk's work.
function hit(x, y) {
    let best = null,
        distance = 9;
    const first = Math.max(lastUpTo(stepAt, atOf(x - 12)), 0);
    for (let step = first; step < stepCount && stepAt[step] <= atOf(x + 12); step++) {
        const lane = run.stepLane[step];
        const away = Math.hypot(xOf(stepAt[step]) - x, (lane < 0 ? AXIS - 6 : lifeline(lane)) - y);
        if (away < distance && (lane >= 0 || run.stepKind[step] >= FAULT)) {
            distance = away;
            best = { step };
        }
    }
    if (best) return best;
    distance = 5;
    for (let m = 0; m < messageCount; m++) {
        const sent = stepAt[run.sentStep[m]];
        if (sent > atOf(x) + usualDelay) break;
        if (!isShown(m) || (run.arrives[m] >= 0 && run.arrives[m] < atOf(x - 5))) continue;
        const [x1, y1, x2, y2] = ends(m),
            span = (x2 - x1) ** 2 + (y2 - y1) ** 2 || 1;
        const part = Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / span));
        const away = Math.hypot(x1 + part * (x2 - x1) - x, y1 + part * (y2 - y1) - y);
        if (away < distance) {
            distance = away;
            best = { message: m };
        }
    }
    if (best) return best;
    const work = works.find(
        one =>
            y > laneTop(one.node) + 72 &&
            y < laneTop(one.node) + 85 &&
            xOf(one.from) - 2 <= x &&
            x <= xOf(one.until) + 2,
    );
    if (work) return { work };
    const band = bands.find(
        one =>
            xOf(one.from) <= x &&
            x <= xOf(one.until) &&
            [...Array(run.nodes).keys()].some(
                node => one.nodes & (1 << node) && y > laneTop(node) && y < laneTop(node) + NODE,
            ),
    );
    return band ? { band } : null;
}
