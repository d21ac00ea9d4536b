namespace Heldar.Edge.Snapshots;

internal static class SnapshotsServiceCollectionExtensions
{
    public static IServiceCollection AddSnapshots(this IServiceCollection services) => services
        .AddSingleton(_ => new JpegDecoder())
        .AddSingleton<PosterCache>();
}
