using System.Net.Http.Headers;
using System.Security.Cryptography;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using Heldar.Edge.Settings;
using Heldar.Local.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Heldar.Edge.Tests.Upgrade;

/// <summary>
/// <c>box-of-2026-11-21.tar.gz</c> is the folder of a box that ran version 0.1.0 of 2026-11-21 07:47 (schema 0001, 0010, 0011; a bare 32-byte key) and recorded four segments of a simulated camera.
/// </summary>
public sealed class DataOfAnOlderVersionOpens : IDisposable
{
    private const string ApiKey = "hk_i6-cOlLjgNml-SrIPzwHlaar8jX9sKKF6UJKJg032Cs";
    private static readonly Instant Noon = Instant.FromUtc(2026, 11, 21, 12, 0);
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CameraSecretsSegmentsAndKeys_AreAllThere()
    {
        var archive = Heldar.Local.Repository.File("tests", "Heldar.Edge.Tests", "Upgrade", "box-of-2026-11-21.tar.gz");
        (await Tool.RunAsync("tar", ["-xzf", archive, "-C", _folder.Path], Cancellation)).OutputOrThrow("tar");
        var settings = SettingsReader.ReadFile(_folder.File("box/heldar.yaml"), _ => null);
        await using var app = BoxApp.Build(settings, SystemClock.Instance, s => s.AddLogging(l => l.ClearProviders()));
        await app.StartAsync(Cancellation);

        var camera = app.Services.GetRequiredService<CameraRegistry>().Find("gate")!;
        Assert.Equal("heldar-cam", app.Services.GetRequiredService<CameraSecrets>().Password(camera)!.Reveal());
        var page = await app.Services.GetRequiredService<SegmentIndex>().FindAsync(camera.Uid, Noon, Noon + Duration.FromHours(1), 100, null, Cancellation);
        Assert.Equal(4, page.Items.Count);
        foreach (var segment in page.Items)
        {
            var file = await File.ReadAllBytesAsync(segment.File!, Cancellation);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), segment.Data.Sha256);
        }

        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(app.Urls.Single()) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiKey);
        Assert.Contains("gate", await http.GetStringAsync(new Uri("/api/v1/cameras", UriKind.Relative), Cancellation), StringComparison.Ordinal);
        await app.StopAsync(Cancellation);
    }
}
