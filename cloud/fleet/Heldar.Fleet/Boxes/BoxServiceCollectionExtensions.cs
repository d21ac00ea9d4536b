using Heldar.Fleet.Access;
using Heldar.Fleet.Settings;

namespace Heldar.Fleet.Boxes;

internal static class BoxServiceCollectionExtensions
{
    public static IServiceCollection AddBoxes(this IServiceCollection services, FleetOptions options) =>
        services.AddSingleton<BoxDirectory>().AddSingleton<BoxGrants>().AddSingleton<ICallerCheck, BoxSignatureCheck>();
}
