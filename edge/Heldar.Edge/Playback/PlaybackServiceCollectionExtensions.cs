namespace Heldar.Edge.Playback;

internal static class PlaybackServiceCollectionExtensions
{
    public static IServiceCollection AddPlayback(this IServiceCollection services) => services.AddSingleton<Heldar.Edge.Storage.ReadLocks>().AddSingleton<IFootage, RecordedFootage>();
}
