using System.Text.RegularExpressions;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.Simulation.Shell;

namespace Exchange.Rsm.Simulation.Tests.Report;

/// <summary>The page as a person uses it, in a real browser.</summary>
public sealed partial class ReportPageTests
{
    [Fact]
    public void A_page_needs_nothing_but_itself()
    {
        var page = ReportPage.Of(new PlanGenerator().Generate(7, Profile.Protocol), "run --seed 7");
        Assert.Empty(Outside().Matches(page).Select(match => match.Value));
        Assert.DoesNotMatch(Markers(), page);
        Assert.True(page.Length < 1 << 20, $"{page.Length} characters");
    }

    [Fact]
    public async Task A_failing_run_opens_at_its_failure_and_is_stepped_through_by_keys()
    {
        var (world, plan) = Failing.First(PlantedBug.VoteForgotten);
        await using var browser = await Browser.Open(ReportPage.Of(world, plan, "run"));
        var last = await browser.Number("run.failure.step");
        Assert.Equal(last, await browser.Number("view.step"));
        Assert.Equal("FAILED", await browser.Words("document.querySelector('.verdict b').textContent"));

        await browser.Press("ArrowLeft");
        Assert.Equal(last - 1, await browser.Number("view.step"));
        await browser.Press("v");
        await browser.Press("c");
        Assert.Equal(await browser.Number("causeOf(run.failure.step)"), await browser.Number("view.step"));

        await browser.Press("v");
        await browser.Press("f");
        await browser.Press("ArrowLeft");
        Assert.Equal(await browser.Number("run.sliceSteps.at(-2)"), await browser.Number("view.step"));
        await browser.Press("Home");
        Assert.Equal(0, await browser.Number("view.step"));
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task A_click_on_an_event_shows_what_it_changed()
    {
        var (world, plan) = Failing.First(PlantedBug.VoteForgotten);
        await using var browser = await Browser.Open(ReportPage.Of(world, plan, "run"));

        // The last event in which a node's log grew, brought into the middle and alone in view.
        var step = await browser.Number(
            "past.flatMap(fields => fields[fieldOf.log].steps).filter(step => run.stepLane[step] >= 0)"
            + ".sort((a, b) => a - b).at(-1)");
        await browser.Value($"select(0); show(stepAt[{step}] - 400, stepAt[{step}] + 400); draw()");
        var box = (await browser.Value("[lanes.getBoundingClientRect().x, lanes.getBoundingClientRect().y]"))!;
        var place = (await browser.Value($"[xOf(stepAt[{step}]), lifeline(run.stepLane[{step}])]"))!;
        await browser.Click((double)box[0]! + (double)place[0]!, (double)box[1]! + (double)place[1]!);
        Assert.Equal(step, await browser.Number("view.step"));
        var changed = await browser.Words(
            "[...inspector.querySelectorAll('tr.changed th')].map(one => one.textContent).join()");
        Assert.Contains("log", changed, StringComparison.Ordinal);
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Filters_and_search_leave_out_what_was_not_asked_for()
    {
        var (world, plan) = Failing.First(PlantedBug.VoteForgotten);
        await using var browser = await Browser.Open(ReportPage.Of(world, plan, "run"));
        await browser.Value("show(0, runEnd)");
        var all = await browser.Number("inView().length");
        Assert.Equal(await browser.Number("messageCount"), all);
        await browser.Press("l");
        Assert.Equal(await browser.Number("troubled.reduce((a, b) => a + b)"), await browser.Number("inView().length"));
        await browser.Press("l");
        await browser.Value(
            "[...document.querySelectorAll('.chip')].find(one => one.textContent === 'clients').click()");
        Assert.InRange(await browser.Number("inView().length"), 1, all - 1);
        await browser.Press("/");
        await browser.Value("byId('search').value = 'is Leader'; find('is Leader')");
        Assert.InRange(await browser.Number("view.hits.size"), 1, 20);
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task The_panel_of_answers_marks_the_one_that_fits_in_no_order()
    {
        var (world, plan) = Failing.First(PlantedBug.WrongRegisterRead);
        await using var browser = await Browser.Open(ReportPage.Of(world, plan, "run"));
        await browser.Value("openSheet(1)");
        Assert.Equal(1, await browser.Number("document.querySelectorAll('.op.stuck').length"));
        Assert.Equal(
            await browser.Number("operations.filter(one => one.object === object).length"),
            await browser.Number("document.querySelectorAll('.op').length"));
        await browser.Value("document.querySelector('.op.stuck').click()");
        Assert.Equal("client", (await browser.Words("laneName(run.stepLane[view.step])"))[..6]);
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task A_long_run_is_drawn_whole_and_in_part()
    {
        var plan = new PlanGenerator().Generate(2286, Profile.Protocol);
        await using var browser = await Browser.Open(ReportPage.Of(plan, "run"));
        Assert.True(await browser.Number("stepCount") > 5000);
        await browser.Press("0");
        await browser.Value("draw()");
        await browser.Press("t");
        await browser.Press("+");
        await browser.Value("draw()");
        Assert.True(await browser.Number("view.until - view.from | 0") < await browser.Number("runEnd"));
        Assert.Empty(browser.Errors);
    }

    // An address, or an attribute that would fetch something.
    [GeneratedRegex("""https?://[^"'\s]+|\b(src|href)="(?!data:,)[^"]*"|@import|url\(""")]
    private static partial Regex Outside();

    [GeneratedRegex(@"/\*(STYLE|SCRIPT|DATA)\*/")]
    private static partial Regex Markers();
}
