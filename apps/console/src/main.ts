import { mount } from 'svelte';
import App from './app.svelte';
import './app.css';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html must hold the element #app.');
mount(App, { target });
