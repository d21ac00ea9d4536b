using System.Text;
using Heldar.Contracts.Queues;
using Heldar.Local.FunctionsHost;
using Heldar.Local.Processes;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.FunctionsHost;

/// <summary>The host's rules for processes and messages, on a handler of three lines and real queues.</summary>
public sealed class HostRulesTests(AzuriteFixture azurite)
{
    // Answers GET / at once; for a message it does what the message says.
    private const string Handler =
        """
        import http.server, os, sys
        class H(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def log_message(s, *a): pass
            def do_GET(s): s.answer(404, b'no')
            def do_POST(s):
                import base64, json
                text = base64.b64decode(json.loads(s.rfile.read(int(s.headers['Content-Length'])))['Data']['message']).decode()
                open('seen', 'a').write(text + '\n')
                if text == 'crash': os._exit(1)
                if text == 'clean': os._exit(0)
                if text == 'recycle': os._exit(200)
                s.answer(500 if text == 'fail' else 200, b'{}')
            def answer(s, code, body):
                s.send_response(code); s.send_header('Content-Type', 'application/json'); s.send_header('Content-Length', str(len(body))); s.end_headers(); s.wfile.write(body)
        http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['FUNCTIONS_CUSTOMHANDLER_PORT'])), H).serve_forever()
        """;

    [Fact]
    public async Task FailedMessage_ComesAgain_AndEndsInThePoisonQueue_BodyOnly()
    {
        await using var host = await StartAsync();
        await host.SendAsync("fail");
        await host.UntilAsync("the poison message", async () => await host.CountAsync(QueueNames.Poison(host.Queue)) == 1);

        Assert.Equal(2, host.Seen.Count(s => s == "fail"));
        var poison = Assert.Single(await host.Queues.ReceiveAsync(QueueNames.Poison(host.Queue), 1, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(("fail", 1L), (Encoding.UTF8.GetString(Convert.FromBase64String(poison.Text)), poison.DequeueCount));
        Assert.Equal(0, await host.CountAsync(host.Queue));
    }

    [Fact]
    public async Task Handler_IsRestarted_AfterExit200_WithoutCountingAnError()
    {
        await using var host = await StartAsync();
        // One restart more than errors are allowed. Each message is tried twice, and the second time may meet the handler that is just ending: it counts once or twice.
        while (host.Starts < 5)
        {
            var starts = host.Starts;
            await host.SendAsync("recycle");
            await host.UntilAsync("a restart", () => Task.FromResult(host.Starts > starts));
        }

        await host.SendAsync("after");
        await host.UntilAsync("work goes on", () => Task.FromResult(host.Seen.Contains("after")));
    }

    [Fact]
    public async Task Handler_IsNotRestarted_AfterExit0_AndEveryInvocationFails()
    {
        await using var host = await StartAsync();
        await host.SendAsync("clean");
        await host.UntilAsync("the exit", () => Task.FromResult(host.Said.Any(s => s.Contains("exit code 0", StringComparison.Ordinal))));
        await host.SendAsync("after");
        await host.UntilAsync("a failed invocation", async () => await host.CountAsync(QueueNames.Poison(host.Queue)) >= 1);

        Assert.Equal(1, host.Starts);
        Assert.DoesNotContain("after", host.Seen);
    }

    [Fact]
    public async Task Host_Stops_AfterThreeErrors()
    {
        await using var host = await StartAsync();
        await host.SendAsync("crash");
        await host.SendAsync("crash");
        await host.UntilAsync("the end of the host", () => Task.FromResult(host.Running.IsCompleted));

        Assert.Equal(1, await host.Running);
        Assert.Equal(3, host.Starts);
    }

    [Fact]
    public async Task Queue_KeepsItsListener_AfterAnswersThatMakeNoSense()
    {
        await using var storage = new TornStorage(azurite.ConnectionString);
        await using var host = await TinyHost.StartAsync(azurite.ConnectionString, Handler, storage.ConnectionString);
        await host.UntilAsync("some torn answers", () => Task.FromResult(storage.Torn >= 3));
        storage.Mend();
        await host.SendAsync("after");
        await host.UntilAsync("work goes on", () => Task.FromResult(host.Seen.Contains("after")));

        Assert.Contains(host.Said, s => s.Contains($"cannot fetch from {host.Queue}: XmlException", StringComparison.Ordinal));
    }

    private Task<TinyHost> StartAsync() => TinyHost.StartAsync(azurite.ConnectionString, Handler);
}

/// <summary>The functions host with a tiny handler in Python, one queue of its own, and quick settings.</summary>
internal sealed class TinyHost : IAsyncDisposable
{
    private readonly string _folder = TemporaryFolder.Create("tiny-host");
    private readonly CancellationTokenSource _stop = new();

    private TinyHost(string storage) => Queues = new(storage);

    public Heldar.Cloud.Queues.QueueStore Queues { get; }

    public string Queue { get; } = $"tiny{Guid.NewGuid():N}"[..20];

    public System.Collections.Concurrent.ConcurrentQueue<string> Said { get; } = [];

    public Task<int> Running { get; private set; } = Task.FromResult(0);

    public int Starts => Said.Count(s => s.StartsWith("handler started", StringComparison.Ordinal));

    public IReadOnlyList<string> Seen => File.Exists(Path.Combine(_folder, "seen")) ? File.ReadAllLines(Path.Combine(_folder, "seen")) : [];

    /// <param name="storage">Where the queue is.</param>
    /// <param name="handler">The handler's script.</param>
    /// <param name="front">How the host gets there, when not directly.</param>
    public static async Task<TinyHost> StartAsync(string storage, string handler, string? front = null)
    {
        var host = new TinyHost(storage);
        await File.WriteAllTextAsync(Path.Combine(host._folder, "handler.py"), handler);
        await File.WriteAllTextAsync(Path.Combine(host._folder, "host.json"), """
            {"customHandler":{"description":{"defaultExecutablePath":"/usr/bin/python3","arguments":["handler.py"]}},"functionTimeout":"00:00:20",
             "extensions":{"queues":{"batchSize":1,"newBatchThreshold":0,"maxPollingInterval":"00:00:00.200","maxDequeueCount":2,"visibilityTimeout":"00:00:00"}}}
            """);
        var function = Directory.CreateDirectory(Path.Combine(host._folder, "Tiny")).FullName;
        await File.WriteAllTextAsync(Path.Combine(function, "function.json"), """{"bindings":[{"type":"queueTrigger","direction":"in","name":"message","queueName":"%QUEUE%","connection":"HELDAR_STORAGE","dataType":"binary"}]}""");
        await host.Queues.CreateAsync(host.Queue, CancellationToken.None);
        await host.Queues.CreateAsync(QueueNames.Poison(host.Queue), CancellationToken.None);
        var options = new FunctionsHostOptions(host._folder, Path.Combine(host._folder, "log")) { Variable = name => name switch { "QUEUE" => host.Queue, "HELDAR_STORAGE" => front ?? storage, _ => null } };
        host.Running = LocalFunctionsHost.RunAsync(options, SystemClock.Instance, TimeProvider.System, host.Said.Enqueue, host._stop.Token);
        await host.UntilAsync("the host listens", () => Task.FromResult(host.Said.Any(s => s.StartsWith(LocalFunctionsHost.ReadyLine, StringComparison.Ordinal))));
        return host;
    }

    public Task SendAsync(string text) => Queues.SendAsync(Queue, Encoding.UTF8.GetBytes(text), TimeSpan.Zero, CancellationToken.None);

    public Task<int> CountAsync(string queue) => Queues.CountAsync(queue, CancellationToken.None);

    public async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        try
        {
            await Pipeline.Cloud.UntilAsync(what, condition);
        }
        catch (ProcessException late)
        {
            throw new ProcessException($"{late.Message}\n{string.Join('\n', Said)}", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Running;
        _stop.Dispose();
        TemporaryFolder.Delete(_folder);
    }
}
