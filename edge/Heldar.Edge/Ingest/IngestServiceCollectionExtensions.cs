using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Ingest;

internal static partial class IngestServiceCollectionExtensions
{
    public static IServiceCollection AddIngest(this IServiceCollection services) => services
        .AddSingleton(_ => new MediaBlockPool())
        .AddSingleton(s =>
        {
            var log = s.GetRequiredService<ILoggerFactory>().CreateLogger("Heldar.Edge.Ingest");
            return new IngestEngine(
                new IngestOptions(), s.GetRequiredService<MediaBlockPool>(), s.GetRequiredService<IClock>(), onFault: f => LogFault(log, f.Error, f.Subscriber.GetType().Name));
        })
        .AddSingleton<StreamProbe>()
        .AddSingleton<IRecordingPipelines>(s => new RecordingPipelines(
            s.GetRequiredService<IngestEngine>(), s.GetRequiredService<RecorderFactory>(), TimeProvider.System, s.GetRequiredService<ILogger<RecordingPipeline>>()));

    [LoggerMessage(1701, LogLevel.Error, "{Subscriber} threw and gets no more of its stream")]
    private static partial void LogFault(ILogger log, Exception error, string subscriber);
}
