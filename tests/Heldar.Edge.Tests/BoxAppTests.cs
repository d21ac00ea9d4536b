using System.Net;
using System.Net.Sockets;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Heldar.Edge.Tests;

public sealed class BoxAppTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Run_OnAnAddressInUse_SaysSo_AndStopsWhatHadStarted()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var yaml = $$"""
            box: { listen: 'http://{{other.LocalEndpoint}}', data: ./data }
            cameras: [{ id: a, url: 'rtsp://127.0.0.1:9/' }]
            """;
        var settings = SettingsReader.Read(_folder.File("heldar.yaml"), yaml, _ => null);
        using var folder = DataFolder.Take(settings.DataFolder);
        foreach (var volume in settings.Recording.Volumes) Directory.CreateDirectory(volume);
        await using var app = BoxApp.Build(settings, SystemClock.Instance, s => s.AddLogging(l => l.ClearProviders()));
        var cameras = app.Services.GetRequiredService<CameraRegistry>();
        var started = app.Services.GetRequiredService<CamerasStarted>();
        var stopped = false;
        app.Lifetime.ApplicationStopped.Register(() => stopped = true);

        var fault = await Assert.ThrowsAsync<IOException>(() => BoxApp.RunAsync(app, TestContext.Current.CancellationToken));

        Assert.Contains($"{other.LocalEndpoint}: address already in use", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, cameras.Count);
        Assert.False(started.Value);
        Assert.True(stopped);
    }

    public void Dispose() => _folder.Dispose();
}
