import { useEffect } from 'react';
import { ApiFailure, tell } from '../api/failure';
import { BoxesScreen } from '../boxes/BoxesScreen';
import { CoverageScreen } from '../coverage/CoverageScreen';
import { useFleet } from '../fleet/useFleet';
import { LettersScreen } from '../letters/LettersScreen';
import { OperationScreen } from '../operation/OperationScreen';
import { NoBoxes } from '../recordings/NoBoxes';
import { RecordingsScreen } from '../recordings/RecordingsScreen';
import { Notice } from '../ui/Notice';
import { WebhooksScreen } from '../webhooks/WebhooksScreen';
import type { Route } from './useRoute';

interface FleetScreensProps {
  route: Route;
  isAdmin: boolean;
  onSignedOut: () => void;
}

/** Keeps the fleet's state fresh and shows the screen that the address names. */
export function FleetScreens({ route, isAdmin, onSignedOut }: FleetScreensProps) {
  const fleet = useFleet();
  const signedOut = fleet.error instanceof ApiFailure && fleet.error.signedOut;
  useEffect(() => {
    if (signedOut) onSignedOut();
  }, [signedOut, onSignedOut]);

  if (!fleet.data) {
    return (
      <div className="shell-wait">
        {fleet.error ? (
          <Notice kind="bad" onRetry={fleet.refresh}>
            {tell(fleet.error)}
          </Notice>
        ) : (
          <div className="spinner" role="status" aria-label="Loading" />
        )}
      </div>
    );
  }

  return (
    <div className="screen">
      {fleet.error !== null && !signedOut && (
        <Notice kind="warn" onRetry={fleet.refresh}>
          {tell(fleet.error)} What you see is from before.
        </Notice>
      )}
      <div className="screen-body">
        {route.screen === 'boxes' ? (
          <BoxesScreen fleet={fleet.data} isAdmin={isAdmin} onChanged={fleet.refresh} />
        ) : route.screen === 'webhooks' ? (
          <WebhooksScreen fleet={fleet.data} />
        ) : route.screen === 'coverage' ? (
          <CoverageScreen fleet={fleet.data} />
        ) : route.screen === 'operations' ? (
          <OperationScreen fleet={fleet.data} />
        ) : route.screen === 'letters' ? (
          <LettersScreen fleet={fleet.data} />
        ) : fleet.data.boxes.length === 0 && fleet.data.cameras.length === 0 ? (
          <NoBoxes />
        ) : (
          <RecordingsScreen fleet={fleet.data} route={route} />
        )}
      </div>
    </div>
  );
}
