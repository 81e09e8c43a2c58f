using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Exchange.Rsm.Simulation.Tests.Report;

/// <summary>
/// A real browser without a window, driven over its own protocol: one page, keys and clicks as a person gives them.
/// What the page throws is collected.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[1 << 16];
    private Task<string> _chatter = Task.FromResult("");
    private string? _session;
    private int _number;

    private Browser(Process process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>What the page threw.</summary>
    public List<string> Errors { get; } = [];

    public static async Task<Browser> Open(string page)
    {
        var folder = Directory.CreateTempSubdirectory("browser-").FullName;
        var file = Path.Combine(folder, "page.html");
        await File.WriteAllTextAsync(file, page, TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("chromium")
        {
            ArgumentList =
            {
                "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
                "--window-size=1500,950", $"--user-data-dir={Path.Combine(folder, "profile")}",
            },
            RedirectStandardError = true,
        };
        var browser = new Browser(Process.Start(start)!, folder);
        await browser.Attach(file);
        return browser;
    }

    /// <summary>What an expression comes to in the page.</summary>
    public async Task<JsonNode?> Value(string expression)
    {
        var answer = await Send("Runtime.evaluate", new JsonObject
        {
            ["expression"] = expression,
            ["returnByValue"] = true,
            ["awaitPromise"] = true,
        });
        Assert.True(answer["exceptionDetails"] is null, $"{expression}: {answer.ToJsonString()}");
        return answer["result"]!["value"];
    }

    public async Task<int> Number(string expression) => (int)(await Value(expression))!;

    public async Task<string> Words(string expression) => (string)(await Value(expression))!;

    /// <summary>Presses a key.</summary>
    public async Task Press(string key)
    {
        foreach (var kind in (string[])["keyDown", "keyUp"])
        {
            var pressed = new JsonObject { ["type"] = kind, ["key"] = key };
            if (key.Length == 1 && kind == "keyDown")
            {
                pressed["text"] = key;
            }

            await Send("Input.dispatchKeyEvent", pressed);
        }
    }

    /// <summary>Clicks at a place of the window.</summary>
    public async Task Click(double x, double y)
    {
        foreach (var kind in (string[])["mouseMoved", "mousePressed", "mouseReleased"])
        {
            await Send("Input.dispatchMouseEvent", new JsonObject
            {
                ["type"] = kind,
                ["x"] = x,
                ["y"] = y,
                ["button"] = kind == "mouseMoved" ? "none" : "left",
                ["clickCount"] = kind == "mouseMoved" ? 0 : 1,
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        await _chatter;
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task Attach(string file)
    {
        const string Announces = "DevTools listening on ";
        var address = "";
        while (address.Length == 0)
        {
            var line = await _process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken)
                ?? throw new InvalidOperationException("the browser ended before it listened");
            address = line.StartsWith(Announces, StringComparison.Ordinal) ? line[Announces.Length..] : "";
        }

        _chatter = _process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await _socket.ConnectAsync(new Uri(address), TestContext.Current.CancellationToken);
        var target = await Send("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        var attached = await Send("Target.attachToTarget", new JsonObject
        {
            ["targetId"] = (string)target["targetId"]!,
            ["flatten"] = true,
        });
        _session = (string)attached["sessionId"]!;
        await Send("Runtime.enable", []);
        await Send("Page.enable", []);
        await Send("Page.navigate", new JsonObject { ["url"] = new Uri(file).AbsoluteUri });
        while ((string?)(await Receive())["method"] != "Page.loadEventFired")
        {
        }
    }

    private async Task<JsonNode> Send(string method, JsonObject parameters)
    {
        var number = ++_number;
        var request = new JsonObject { ["id"] = number, ["method"] = method, ["params"] = parameters };
        if (_session is not null)
        {
            request["sessionId"] = _session;
        }

        await _socket.SendAsync(
            Encoding.UTF8.GetBytes(request.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true,
            TestContext.Current.CancellationToken);
        while (true)
        {
            var answer = await Receive();
            if ((int?)answer["id"] == number)
            {
                Assert.True(answer["error"] is null, $"{method}: {answer.ToJsonString()}");
                return answer["result"]!;
            }
        }
    }

    private async Task<JsonNode> Receive()
    {
        using var message = new MemoryStream();
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(_buffer, TestContext.Current.CancellationToken);
            message.Write(_buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        var answer = JsonNode.Parse(Encoding.UTF8.GetString(message.ToArray()))!;
        if ((string?)answer["method"] == "Runtime.exceptionThrown")
        {
            Errors.Add(answer.ToJsonString(JsonSerializerOptions.Default));
        }

        return answer;
    }
}
