using Heldar.Edge.Recovery;

namespace Heldar.Edge.Gaps;

internal static class GapsServiceCollectionExtensions
{
    /// <summary>Registers the ledger; call it behind the cameras, so that it looks at what runs.</summary>
    public static IServiceCollection AddGaps(this IServiceCollection services) => services
        .AddSingleton<HeldFootage>()
        .AddSingleton<GapCauses>()
        .AddSingleton<GapLedger>()
        .AddSingleton<CoverageReader>()
        .AddSingleton<ISealReplay, GapReplay>()
        .AddHostedService<GapsService>();
}
