using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Audit;

internal static class AuditServiceCollectionExtensions
{
    public static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddSingleton(s => new AuditLog(s.GetRequiredService<IStoreWriter>(), s.GetRequiredService<IStoreReader>(), s.GetRequiredService<IClock>()))
        .AddSingleton<IAuditLog>(s => s.GetRequiredService<AuditLog>());
}
