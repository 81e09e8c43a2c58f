// The run as the page knows it: columns from the data, and what is looked up again and again.
const run = JSON.parse(document.getElementById('run').textContent);
const text = place => run.texts[place];
const stepCount = run.stepAt.length;
const messageCount = run.from.length;
const laneCount = run.nodes + run.clients;
const END = Symbol('end');

const stepAt = new Float64Array(stepCount);
run.stepAt.reduce((at, passed, step) => (stepAt[step] = at + passed), 0);
const runEnd = Math.max(stepAt[stepCount - 1] || 0, 1);

const inSlice = new Uint8Array(stepCount);
for (const step of run.sliceSteps) inSlice[step] = 1;
const carries = new Uint8Array(messageCount);
for (const message of run.sliceMessages) carries[message] = 1;

// By step: what it sent, what happened in it, what it changed, which work it began.
const sends = Array.from({ length: stepCount }, () => []);
for (let m = 0; m < messageCount; m++) sends[run.sentStep[m]].push(m);
const notes = new Map();
for (let i = 0; i < run.notes.length; i += 4) {
    const [step, node, words, isFault] = run.notes.slice(i, i + 4);
    if (!notes.has(step)) notes.set(step, []);
    notes.get(step).push({ node, words: text(words), isFault });
}

// By node and field: the steps in which it got a value, and the values.
const fieldOf = Object.fromEntries(run.fields.map((name, field) => [name, field]));
const past = Array.from({ length: run.nodes }, () => run.fields.map(() => ({ steps: [], values: [] })));
const changesAt = new Map();
for (let i = 0; i < run.changes.length; i += 4) {
    const [step, node, field, value] = run.changes.slice(i, i + 4);
    past[node][field].steps.push(step);
    past[node][field].values.push(text(value));
    if (!changesAt.has(step)) changesAt.set(step, []);
    changesAt.get(step).push({ node, field });
}

// The last place in a sorted array whose value is not above the wanted one; −1 where all are.
function lastUpTo(array, wanted) {
    let low = 0,
        high = array.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (array[middle] <= wanted) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

function valueAt(node, field, step) {
    const place = lastUpTo(past[node][field].steps, step);
    return place < 0 ? '' : past[node][field].values[place];
}

// A field of a node as stretches of time.
function stretches(node, name) {
    const { steps, values } = past[node][fieldOf[name]];
    return steps
        .map((step, i) => ({
            from: stepAt[step],
            until: i + 1 < steps.length ? stepAt[steps[i + 1]] : runEnd,
            value: values[i],
        }))
        .filter(one => one.until > one.from);
}

const strips = Array.from({ length: run.nodes }, (_, node) => ({
    role: stretches(node, 'role'),
    term: stretches(node, 'term'),
    commit: stretches(node, 'commit'),
    applied: stretches(node, 'applied'),
}));

// Kinds of messages in families: a colour and a chip each.
const families = [
    { name: 'append', color: '--append', kinds: ['AppendEntries'] },
    { name: 'answers', color: '--answer', kinds: ['AppendAnswer'] },
    { name: 'heartbeats', color: '--heart', kinds: ['Heartbeat'] },
    {
        name: 'votes',
        color: '--vote',
        kinds: ['PreVote', 'PreVoteAnswer', 'RequestVote', 'VoteAnswer', 'TimeoutNow'],
    },
    { name: 'snapshots', color: '--snapshot', kinds: ['InstallSnapshot', 'SnapshotAnswer'] },
    { name: 'reads', color: '--read', kinds: ['ReadIndex', 'ReadIndexAnswer'] },
    { name: 'clients', color: '--client', kinds: ['Request', 'Answer'] },
    { name: 'others', color: '--other', kinds: [] },
];
const familyByText = new Map();
const family = new Uint8Array(messageCount);
for (let m = 0; m < messageCount; m++) {
    const kind = run.kind[m];
    if (!familyByText.has(kind)) {
        const place = families.findIndex(one => one.kinds.includes(text(kind)));
        familyByText.set(kind, place < 0 ? families.length - 1 : place);
    }
    family[m] = familyByText.get(kind);
}

const COPY = 1,
    FLIPPED = 2,
    LOST = 4;
const travel = [];
for (let m = 0; m < messageCount; m++)
    if (run.arrivedStep[m] >= 0) travel.push(run.arrives[m] - stepAt[run.sentStep[m]]);
travel.sort((a, b) => a - b);
const usualDelay = travel.length ? travel[travel.length >> 1] : 1000;
const isLate = m => run.arrives[m] >= 0 && run.arrives[m] - stepAt[run.sentStep[m]] > Math.max(6 * usualDelay, 4000);
const troubled = new Uint8Array(messageCount);
for (let m = 0; m < messageCount; m++) troubled[m] = run.marks[m] || isLate(m) || run.arrivedStep[m] < 0 ? 1 : 0;

const works = [];
for (let i = 0; i < run.works.length; i += 6) {
    const [node, from, until, says, step, done] = run.works.slice(i, i + 6);
    works.push({
        node,
        from,
        until: done >= 0 ? stepAt[done] : Math.min(until, runEnd),
        says: text(says),
        step,
        done,
    });
}
const bands = [];
for (let i = 0; i < run.bands.length; i += 5) {
    const [nodes, from, until, kind, words] = run.bands.slice(i, i + 5);
    bands.push({ nodes, from, until, kind: text(kind), words: text(words) });
}
const operations = [];
for (let i = 0; i < run.operations.length; i += 6) {
    const [client, object, called, returned, words, place] = run.operations.slice(i, i + 6);
    operations.push({ number: i / 6, client, object, called, returned, words: text(words), place });
}

const laneName = lane => (lane < 0 ? 'world' : lane < run.nodes ? `node ${lane}` : `client ${lane - run.nodes}`);
const clock = micros => `${(Math.floor(micros / 10) / 100).toFixed(2)} ms`;
const label = step => text(run.stepLabel[step]);

// What led to a step directly: the message's sending, the work's beginning; −1 where nothing did.
function causeOf(step) {
    if (run.stepMessage[step] >= 0) return run.sentStep[run.stepMessage[step]];
    if (run.stepWork[step] >= 0) return works[run.stepWork[step]].step;
    return -1;
}

function fateOf(m) {
    if (run.marks[m] & LOST) return 'lost';
    if (run.arrivedStep[m] < 0) return run.marks[m] & FLIPPED ? 'flipped, dropped' : 'under way';
    const words = [];
    if (run.marks[m] & COPY) words.push('copy');
    if (run.marks[m] & FLIPPED) words.push('flipped');
    if (isLate(m)) words.push('late');
    return words.join(', ');
}
