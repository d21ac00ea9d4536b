import '@fontsource-variable/inter/wght.css';
import './ui/theme.css';
import './ui/controls.css';
import './fleet/fleet.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
