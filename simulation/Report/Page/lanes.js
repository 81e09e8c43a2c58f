// What is drawn on the lanes: faults, roles, indexes, operations, disks, messages, events.
const bandColor = {
    down: 'bad',
    paused: 'candidate',
    partition: 'lost',
    link: 'vote',
    disk: 'disk',
    clock: 'snapshot',
};
function drawBands(g) {
    const used = new Map();
    for (const band of bands) {
        if (band.until < view.from || band.from > view.until) continue;
        const x = Math.max(xOf(band.from), GUTTER),
            w = Math.max(Math.min(xOf(band.until), width) - x, 2);
        for (let node = 0; node < run.nodes; node++) {
            if (!(band.nodes & (1 << node))) continue;
            const top = laneTop(node) + 2;
            g.fillStyle = g.strokeStyle = colors[bandColor[band.kind]] || colors.bad;
            g.globalAlpha = band.kind === 'down' ? 0.13 : 0.09;
            g.fillRect(x, top, w, NODE - 6);
            if (band.kind === 'down') hatch(g, x, top, w, NODE - 6);
            g.globalAlpha = 0.55;
            g.fillRect(x, top, 1.5, NODE - 6);
            g.globalAlpha = 1;
            if (w > 46) {
                const row = (used.get(node) || []).filter(until => until > x).length;
                used.set(node, [...(used.get(node) || []), x + w]);
                g.font = '600 10px system-ui, sans-serif';
                g.fillText(
                    fit(g, band.kind === 'down' || band.kind === 'paused' ? band.kind : band.words, w - 10),
                    x + 5,
                    top + 27 + row * 11,
                );
            }
        }
    }
}

function hatch(g, x, y, w, h) {
    g.save();
    g.beginPath();
    g.rect(x, y, w, h);
    g.clip();
    g.lineWidth = 1;
    g.globalAlpha = 0.2;
    g.beginPath();
    for (let at = x - h - (x % 8); at < x + w; at += 8) {
        g.moveTo(at, y + h);
        g.lineTo(at + h, y);
    }
    g.stroke();
    g.restore();
}

function fit(g, words, room) {
    if (g.measureText(words).width <= room) return words;
    let keep = Math.max(1, Math.floor((words.length * room) / g.measureText(words).width) - 1);
    return room < 14 ? '' : words.slice(0, keep) + '…';
}

const roleColor = {
    Follower: 'follower',
    PreCandidate: 'precandidate',
    Candidate: 'candidate',
    Leader: 'leader',
    Down: 'down',
    Stopped: 'down',
};
function drawLane(g, lane) {
    const y = lifeline(lane),
        top = laneTop(lane);
    g.strokeStyle = colors.line;
    g.lineWidth = 1;
    if (lane > 0) line(g, GUTTER, top - 1.5, width, top - 1.5);
    g.strokeStyle = colors.faint;
    g.globalAlpha = 0.5;
    line(g, GUTTER, y + 0.5, width, y + 0.5);
    g.globalAlpha = 1;
    if (lane >= run.nodes) {
        drawOperations(g, lane);
        return;
    }
    const strip = strips[lane];
    each(strip.role, (one, x, w) => {
        g.fillStyle = colors[roleColor[one.value.split(',')[0]]] || colors.follower;
        g.fillRect(x, top + 4, w, 14);
    });
    g.font = '600 10px system-ui, sans-serif';
    each(strip.term, (one, x, w, isCut) => {
        const role = valueAt(lane, fieldOf.role, stepAfter(Math.max(one.from, view.from)));
        g.fillStyle = role === 'Leader' ? '#fff' : colors.ink;
        if (!isCut) g.fillRect(x, top + 4, 1, 14);
        if (w > 16) g.fillText(w > 58 ? `term ${one.value}` : one.value, x + 5, top + 11.5);
    });
    drawIndexes(g, strip, top);
}

// Two thin bars that fill as the log is committed and applied; the number stands where it changed.
function drawIndexes(g, strip, top) {
    g.font = '10px system-ui, sans-serif';
    for (const [name, at] of [
        ['commit', 89],
        ['applied', 100],
    ]) {
        each(strip[name], (one, x, w, isCut) => {
            g.fillStyle = colors[name];
            g.globalAlpha = one.value === '0' ? 0.15 : 0.3;
            g.fillRect(x, top + at, w, 9);
            g.globalAlpha = 1;
            if (!isCut && one.value !== '0') g.fillRect(x, top + at, 1.5, 9);
            if (w > 20) {
                g.fillStyle = colors.soft;
                g.fillText(one.value, x + 4, top + at + 5);
            }
        });
    }
}

function each(list, act) {
    let first = 0,
        high = list.length;
    while (first < high) {
        const middle = (first + high) >> 1;
        if (list[middle].until < view.from) first = middle + 1;
        else high = middle;
    }
    for (let i = first; i < list.length && list[i].from <= view.until; i++) {
        const x = Math.max(xOf(list[i].from), GUTTER),
            until = Math.min(xOf(list[i].until), width);
        act(list[i], x, Math.max(until - x, 0.6), list[i].from < view.from);
    }
}

function drawOperations(g, lane) {
    g.font = '11px system-ui, sans-serif';
    for (const one of operations) {
        if (one.client !== lane - run.nodes) continue;
        const from = xOf(one.called),
            until = one.returned < 0 ? xOf(runEnd) : xOf(one.returned);
        if (until < GUTTER || from > width) continue;
        const x = Math.max(from, GUTTER),
            w = Math.max(until - x, 2);
        g.fillStyle = one.number === run.stuck ? colors.bad : colors.client;
        g.globalAlpha = one.returned < 0 ? 0.1 : 0.2;
        g.beginPath();
        g.roundRect(x, laneTop(lane) + 5, w, 18, 5);
        g.fill();
        g.globalAlpha = 1;
        if (w > 40) g.fillText(fit(g, `k${one.object} ${one.words}`, w - 12), x + 6, laneTop(lane) + 14.5);
    }
}

function drawWorks(g) {
    for (const work of works) {
        if (work.until < view.from || work.from > view.until) continue;
        const x = xOf(work.from),
            w = Math.max(xOf(work.until) - x, 1.5),
            top = laneTop(work.node) + 74;
        g.fillStyle = colors.disk;
        g.globalAlpha = work.done < 0 ? 0.3 : 0.8;
        g.fillRect(x, top, w, 9);
        g.globalAlpha = 1;
        if (work.done < 0) {
            g.strokeStyle = colors.lost;
            cross(g, x + w, top + 4.5);
        }
        if (w > 60) {
            g.fillStyle = colors.card;
            g.font = '9px system-ui, sans-serif';
            g.fillText(fit(g, work.says, w - 8), x + 4, top + 5);
        }
    }
}

function cross(g, x, y) {
    g.lineWidth = 1.6;
    g.beginPath();
    g.moveTo(x - 3.5, y - 3.5);
    g.lineTo(x + 3.5, y + 3.5);
    g.moveTo(x + 3.5, y - 3.5);
    g.lineTo(x - 3.5, y + 3.5);
    g.stroke();
    g.lineWidth = 1;
}

// Ends of a message's line on the canvas. What is lost stops short of where it was to go.
function ends(m) {
    const from = xOf(stepAt[run.sentStep[m]]),
        y1 = lifeline(run.from[m]),
        y2 = lifeline(run.to[m]);
    if (run.marks[m] & LOST) {
        const until = xOf(stepAt[run.sentStep[m]] + usualDelay * 0.45);
        return [from, y1, until, y1 + (y2 - y1) * 0.45];
    }
    return [from, y1, xOf(run.arrives[m]), y2];
}

function inView() {
    const found = [];
    for (let m = 0; m < messageCount; m++) {
        const sent = stepAt[run.sentStep[m]];
        if (sent > view.until) break;
        if ((run.arrives[m] < 0 ? sent + usualDelay : run.arrives[m]) >= view.from && isShown(m)) found.push(m);
    }
    return found;
}

// Where there are more messages than points to draw them at, single ones cannot be told apart: each family is drawn
// at one go, and pale. What the failure came from is always drawn, last and strong.
function drawMessages(g) {
    const seen = inView();
    isDense = seen.length > (width - GUTTER) * 0.9;
    const marked = run.failure ? seen.filter(m => carries[m]) : [];
    if (isDense) drawFamilies(g, seen);
    else for (const m of seen) if (!run.failure || !carries[m]) drawMessage(g, m, false);
    if (!isDense || view.slice) for (const m of marked) drawMessage(g, m, true);
    g.globalAlpha = 1;
    g.setLineDash([]);
    g.lineWidth = 1;
}

function drawFamilies(g, seen) {
    const paths = families.map(() => new Path2D());
    const lost = new Path2D();
    for (const m of seen) {
        const [x1, y1, x2, y2] = ends(m),
            path = run.marks[m] & LOST ? lost : paths[family[m]];
        path.moveTo(x1, y1);
        path.lineTo(x2, y2);
    }
    g.globalAlpha = 0.42;
    g.lineWidth = 0.8;
    families.forEach((one, place) => {
        g.strokeStyle = colors[one.color.slice(2)];
        g.stroke(paths[place]);
    });
    g.strokeStyle = colors.lost;
    g.stroke(lost);
}

function drawMessage(g, m, isMarked) {
    const [x1, y1, x2, y2] = ends(m),
        isLost = run.marks[m] & LOST,
        hasArrived = run.arrivedStep[m] >= 0;
    g.strokeStyle = g.fillStyle = isLost ? colors.lost : colors[families[family[m]].color.slice(2)];
    g.globalAlpha = isMarked ? 1 : run.failure && !view.troubled ? 0.36 : family[m] === 2 ? 0.6 : 0.75;
    g.lineWidth = isMarked ? 2 : isLate(m) ? 1.8 : 1.1;
    g.setLineDash(isLost ? [4, 3] : run.marks[m] & COPY ? [2, 3] : hasArrived ? [] : [6, 4]);
    line(g, x1, y1, x2, y2);
    g.setLineDash([]);
    if (isLost) cross(g, x2, y2);
    else if (x2 < width + 20) arrow(g, x1, y1, x2, y2, hasArrived);
    if (run.marks[m] & FLIPPED) {
        g.fillStyle = colors.lost;
        dot(g, (x1 + x2) / 2, (y1 + y2) / 2, 3);
    }
}

function arrow(g, x1, y1, x2, y2, hasArrived) {
    const length = Math.hypot(x2 - x1, y2 - y1) || 1,
        ux = (x2 - x1) / length,
        uy = (y2 - y1) / length;
    const ex = x2 - ux * 4,
        ey = y2 - uy * 4;
    if (!hasArrived) {
        g.beginPath();
        g.arc(ex, ey, 3, 0, 7);
        g.stroke();
        return;
    }
    g.beginPath();
    g.moveTo(ex, ey);
    g.lineTo(ex - ux * 7 - uy * 3.2, ey - uy * 7 + ux * 3.2);
    g.lineTo(ex - ux * 7 + uy * 3.2, ey - uy * 7 - ux * 3.2);
    g.fill();
}

function dot(g, x, y, radius) {
    g.beginPath();
    g.arc(x, y, radius, 0, 7);
    g.fill();
}

const TICK = 3,
    FAULT = 7;
function drawSteps(g) {
    const first = Math.max(lastUpTo(stepAt, view.from - 1), 0);
    for (let step = first; step < stepCount && stepAt[step] <= view.until; step++) {
        const lane = run.stepLane[step],
            x = xOf(stepAt[step]);
        if (lane < 0) {
            if (run.stepKind[step] >= FAULT && isTold(step)) drawWorldStep(g, step, x);
            continue;
        }
        const isQuiet = run.stepKind[step] === TICK && !changesAt.has(step);
        if ((isQuiet && isDense) || (view.slice && !inSlice[step])) continue;
        g.fillStyle =
            run.stepKind[step] === FAULT
                ? colors.bad
                : run.failure && inSlice[step]
                  ? colors.bad
                  : isQuiet
                    ? colors.faint
                    : colors.ink;
        g.globalAlpha = isQuiet ? 0.55 : 1;
        dot(g, x, lifeline(lane), isQuiet ? 1.6 : isDense ? 1.4 : inSlice[step] ? 3.2 : 2.6);
    }
    g.globalAlpha = 1;
}

// Operators look at the cluster every now and then; it is told only where they did something.
const isTold = step => run.stepKind[step] !== 13 || changesAt.has(step) || sends[step].length > 0;

const worldColor = { 7: 'bad', 8: 'good', 11: 'accent', 12: 'accent', 13: 'faint' };
function drawWorldStep(g, step, x) {
    g.fillStyle = colors[worldColor[run.stepKind[step]]] || colors.faint;
    g.beginPath();
    g.moveTo(x, AXIS - 2);
    g.lineTo(x - 4, AXIS - 9);
    g.lineTo(x + 4, AXIS - 9);
    g.fill();
    if (run.stepKind[step] === 11) {
        g.strokeStyle = colors.accent;
        g.setLineDash([2, 4]);
        line(g, x, AXIS, x, lanesHeight);
        g.setLineDash([]);
    }
}

function drawCursor(g) {
    const x = xOf(stepAt[view.step]),
        lane = run.stepLane[view.step];
    g.strokeStyle = colors.accent;
    g.globalAlpha = 0.5;
    line(g, x, AXIS - 6, x, lanesHeight);
    g.globalAlpha = 1;
    if (run.failure) {
        const failed = xOf(stepAt[run.failure.step]),
            node = run.failure.node;
        g.strokeStyle = g.fillStyle = colors.bad;
        g.lineWidth = 1.5;
        line(g, failed, AXIS - 6, failed, lanesHeight);
        const at = lifeline(node >= 0 ? node : Math.max(run.stepLane[run.failure.step], 0));
        for (const [radius, alpha] of [
            [13, 0.16],
            [8.5, 0.35],
        ]) {
            g.globalAlpha = alpha;
            dot(g, failed, at, radius);
        }
        g.globalAlpha = 1;
        dot(g, failed, at, 4.5);
    }
    if (lane >= 0) {
        g.strokeStyle = colors.accent;
        g.lineWidth = 2;
        g.beginPath();
        g.arc(x, lifeline(lane), 6.5, 0, 7);
        g.stroke();
    }
    g.lineWidth = 1;
}

function drawGutter(g) {
    g.fillStyle = colors.card;
    g.fillRect(0, 0, GUTTER - 1, lanesHeight);
    g.fillStyle = colors.line;
    g.fillRect(GUTTER - 1, 0, 1, lanesHeight);
    for (let lane = 0; lane < laneCount; lane++) {
        const top = laneTop(lane);
        if (lane > 0) {
            g.fillStyle = colors.line;
            g.fillRect(0, top - 2, GUTTER, 1);
        }
        g.fillStyle = colors.ink;
        g.font = '600 12.5px system-ui, sans-serif';
        g.textAlign = 'left';
        if (lane >= run.nodes) {
            g.font = '500 12px system-ui, sans-serif';
            g.fillText(laneName(lane), 14, top + 19);
            continue;
        }
        const role = valueAt(lane, fieldOf.role, view.step);
        g.fillStyle = colors[roleColor[role.split(',')[0]]] || colors.faint;
        g.beginPath();
        g.roundRect(14, top + 7, 8, 8, 2);
        g.fill();
        g.fillStyle = colors.ink;
        g.fillText(laneName(lane), 28, top + 11.5);
        g.font = '11px system-ui, sans-serif';
        g.fillStyle = colors.soft;
        g.fillText(role, 28, top + 28);
        g.fillText(`term ${valueAt(lane, fieldOf.term, view.step)}`, 28, top + 43);
        g.fillStyle = colors.faint;
        g.font = '10px system-ui, sans-serif';
        g.fillText('disk', 28, top + 79);
        g.fillText(`commit ${valueAt(lane, fieldOf.commit, view.step)}`, 28, top + 94);
        g.fillText(`applied ${valueAt(lane, fieldOf.applied, view.step)}`, 28, top + 105);
    }
}
