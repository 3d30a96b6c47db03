import '@fontsource-variable/figtree/wght.css';
import './styles-of-mantine.ts';
import './portal.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';

const element = document.getElementById('app');
if (element) createRoot(element).render(<App />);
