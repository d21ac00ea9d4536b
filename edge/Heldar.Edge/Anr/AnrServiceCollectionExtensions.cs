using Heldar.Media.Replay;
using Heldar.Media.Streams;

namespace Heldar.Edge.Anr;

internal static class AnrServiceCollectionExtensions
{
    /// <summary>Registers refilling; call it behind cameras and gaps, so that it stops before them.</summary>
    public static IServiceCollection AddAnr(this IServiceCollection services) => services
        .AddSingleton(s => new ReplayClient(new ReplayOptions(), s.GetRequiredService<MediaBlockPool>()))
        .AddSingleton<GapNeighbours>()
        .AddSingleton<RefillLedger>()
        .AddSingleton<GapRefiller>()
        .AddSingleton<RefillGap>(s => s.GetRequiredService<GapRefiller>().RunAsync)
        .AddSingleton<AnrService>()
        .AddHostedService(s => s.GetRequiredService<AnrService>());
}
