using System.Net;
using System.Net.Sockets;
using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.Local.Tests.Packaging;

/// <summary>What <c>heldar-edge-upgrade</c> asks of a box after a switch. Scripts take the place of the versions, and a small server that of their API.</summary>
public sealed class UpgradeToolTests : IAsyncLifetime
{
    private readonly string _folder = TemporaryFolder.Create("upgrade");
    private readonly TcpListener _api = new(IPAddress.Loopback, port: 0);
    private readonly CancellationTokenSource _stop = new();
    private Task _serving = Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Port => ((IPEndPoint)_api.LocalEndpoint).Port;

    private string Root => Path.Combine(_folder, "opt");

    /// <summary>Versions that answer at each address.</summary>
    private Dictionary<string, string[]> Answers { get; } = new(StringComparer.Ordinal);

    public ValueTask InitializeAsync()
    {
        _api.Start();
        _serving = ServeAsync();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _api.Dispose();
        _stop.Dispose();
        TemporaryFolder.Delete(_folder);
    }

    [Theory]
    [InlineData("1.0.0 1.1.0", "1.0.0 1.1.0", 0, "1.1.0")]
    [InlineData("1.0.0", "1.0.0 1.1.0", 3, "1.0.0")]
    [InlineData("", "1.0.0 1.1.0", 0, "1.1.0")]
    [InlineData("", "1.0.0", 3, "1.0.0")]
    public async Task Switch_AsksForReadiness_OnlyWhenTheBoxWasReadyBefore(string ready, string alive, int code, string current)
    {
        (Answers["/readyz"], Answers["/healthz"]) = (ready.Split(' '), alive.Split(' '));
        Assert.Equal(0, (await RunAsync("install", Version("1.0.0"))).ExitCode);
        await File.WriteAllTextAsync(Path.Combine(_folder, "runs"), "", Cancellation);

        var result = await RunAsync("install", Version("1.1.0"));

        Assert.True(result.ExitCode == code, result.Output + result.Error);
        Assert.Equal(current, Current());
        Assert.Equal(ready.Length == 0, result.Output.Contains("the box is not ready now", StringComparison.Ordinal));
        // What a roll-back goes to is the version before the one that runs, never that one itself.
        var back = await RunAsync("rollback");
        Assert.Equal((code == 0 ? 0 : 1, "1.0.0"), (back.ExitCode, Current()));
        if (code != 0) Assert.Equal("heldar-edge-upgrade: there is no version to go back to", back.Error.Trim());
        Assert.Equal("stop start stop start", string.Join(' ', await File.ReadAllLinesAsync(Path.Combine(_folder, "calls"), Cancellation)));
    }

    private string Current() => Path.GetFileName(File.ResolveLinkTarget(Path.Combine(Root, "current"), returnFinalTarget: false)!.FullName);

    private string Version(string version)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "package-" + version)).FullName;
        File.WriteAllText(Path.Combine(folder, "VERSION"), version + "\n");
        File.WriteAllText(Path.Combine(folder, "heldar-edge.dll"), version);
        Script(Path.Combine(folder, "heldar-edge"), $"echo same 127.0.0.1 {Port} {_folder}/box.db");
        return folder;
    }

    private Task<ToolResult> RunAsync(params string[] arguments)
    {
        var service = Path.Combine(_folder, "service");
        if (!File.Exists(service)) Script(service, $"if [ \"$1\" = is-active ]; then [ -e '{_folder}/runs' ]; else echo \"$1\" >>'{_folder}/calls'; fi");
        return Tool.RunAsync(
            Repository.File("infra", "package", "heldar-edge-upgrade"),
            arguments,
            Cancellation,
            new Dictionary<string, string?> { ["HELDAR_ROOT"] = Root, ["HELDAR_CONFIG"] = "none", ["HELDAR_SERVICE"] = service, ["HELDAR_USER"] = "root", ["HELDAR_READY_SECONDS"] = "2" });
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _api.AcceptTcpClientAsync(_stop.Token);
                await using var stream = client.GetStream();
                using var reader = new StreamReader(stream, leaveOpen: true);
                var path = (await reader.ReadLineAsync(_stop.Token))!.Split(' ')[1];
                while (!string.IsNullOrEmpty(await reader.ReadLineAsync(_stop.Token)))
                {
                    // The headers do not matter.
                }

                await stream.WriteAsync(Answers[path].Contains(Current(), StringComparer.Ordinal) ? "HTTP/1.0 200 OK\r\n\r\n"u8.ToArray() : "HTTP/1.0 503 Not ready\r\n\r\n"u8.ToArray(), _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static void Script(string file, string text)
    {
        File.WriteAllText(file, "#!/bin/bash\n" + text + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
